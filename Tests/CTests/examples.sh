#!/usr/bin/env bash
# The examples of bindings/c compile without a warning and run, and the program in the header's comment is one of them:
# examples.sh FOLDER-WITH-libsnn.so
set -euo pipefail
library=$1
cd "$(dirname "$0")/../.."

# In the header every line of the program has seven spaces before it.
program=$(sed -n '/^   CONVENTIONS$/q; /^       #include <snn.h>$/,$ s/^       //p; /^$/p' Include/snn.h | sed '/./,$!d')
if ! diff <(echo "$program") bindings/c/learn.c; then
    echo "bindings/c/learn.c must be the program in the opening comment of Include/snn.h" >&2
    exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for example in learn batches spike_times convert neuron; do
    "${CC:-gcc}" -std=c99 -Wall -Wextra -Werror -pedantic -I Include "bindings/c/$example.c" -o "$work/$example" \
        -L "$library" -lsnn -Wl,-rpath,"$library"
    # learn.c saves its network into the current folder.
    (cd "$work" && timeout 300 "./$example" | tr '\r' '\n' | tail -n 1)
done
[[ -s $work/digits.snn ]]
