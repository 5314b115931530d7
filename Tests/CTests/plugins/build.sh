#!/usr/bin/env bash
# Builds the plugins of bindings/plugins, and those that must be refused, into a folder: build.sh FOLDER
set -euo pipefail
folder=$1
cd "$(dirname "$0")/../../.."
mkdir -p "$folder"
flags=(-O3 -shared -fPIC)
# Without the instructions of the library the compiler leaves comparisons one by one.
[[ ${MARCH:-none} == none ]] || flags+=("-march=$MARCH")
for source in bindings/plugins/*.c Tests/CTests/plugins/*.c; do
    "${CC:-gcc}" -std=c99 -Wall -Wextra -Werror -pedantic "${flags[@]}" -I Include "$source" \
        -o "$folder/$(basename "$source" .c).so" -lm
done
modules=$(mktemp -d)
trap 'rm -rf "$modules"' EXIT
"${FC:-gfortran}" -Wall -Werror "${flags[@]}" -J "$modules" bindings/plugins/snn_plugin.f90 bindings/plugins/leaky.f90 \
    -o "$folder/leaky_fortran.so"
