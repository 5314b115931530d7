#!/usr/bin/env bash
# Builds the plugins of bindings/plugins, and those that must be refused, into a folder: build.sh FOLDER
set -euo pipefail
folder=$1
cd "$(dirname "$0")/../../.."
mkdir -p "$folder"
# As docs/foreign-neurons.md recommends: else the compiler leaves comparisons one by one.
flags=(-O3 -fno-trapping-math -shared -fPIC)
[[ ${MARCH:-none} == none ]] || flags+=("-march=$MARCH")
for source in bindings/plugins/*.c Tests/CTests/plugins/*.c; do
    "${CC:-gcc}" -std=c99 -Wall -Wextra -Werror -pedantic "${flags[@]}" -I Include "$source" \
        -o "$folder/$(basename "$source" .c).so" -lm
done
modules=$(mktemp -d)
trap 'rm -rf "$modules"' EXIT
"${FC:-gfortran}" -Wall -Werror "${flags[@]}" -J "$modules" bindings/plugins/snn_plugin.f90 bindings/plugins/leaky.f90 \
    -o "$folder/leaky_fortran.so"
