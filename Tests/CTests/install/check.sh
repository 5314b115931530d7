#!/usr/bin/env bash
# `make install` makes a tree that works from wherever it is moved: a consumer is built with pkg-config and with CMake
# and runs, the program starts, and `make uninstall` leaves nothing.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# Settings of the calling make are for its own targets.
unset MAKEFLAGS MFLAGS MAKELEVEL
here=$PWD/Tests/CTests/install
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make --no-print-directory install PREFIX="$work/first" > /dev/null
mv "$work/first" "$work/moved here" # a space in the path, too
tree="$work/moved here"
ls "$tree"/{bin/snn,include/snn.h,lib/libsnn.so,lib/libsnn.so.1,share/doc/snn/{LICENSE,third-party.md}} > /dev/null
[[ $(stat -c %a "$tree/include/snn.h") == 644 ]]

eval "flags=($(PKG_CONFIG_PATH="$tree/lib/pkgconfig" pkg-config --cflags --libs snn))"
"${CC:-gcc}" -std=c99 "$here/consumer.c" -o "$work/with-pkg-config" "${flags[@]}"
LD_LIBRARY_PATH="$tree/lib" "$work/with-pkg-config"
readelf -d "$work/with-pkg-config" > "$work/needed"
grep -q 'NEEDED.*\[libsnn\.so\.1\]' "$work/needed"

cmake -S "$here" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$tree" > "$work/log" || { cat "$work/log" >&2 && exit 1; }
cmake --build "$work/cmake" > "$work/log" || { cat "$work/log" >&2 && exit 1; }
"$work/cmake/consumer"

"$tree/bin/snn" --version

# DESTDIR, then away again
make --no-print-directory install DESTDIR="$work/package" PREFIX=/usr > /dev/null
[[ -e $work/package/usr/lib/libsnn.so ]]
make --no-print-directory uninstall DESTDIR="$work/package" PREFIX=/usr
left=$(find "$work/package" ! -type d)
[[ -z $left ]] || { echo "make uninstall leaves: $left" >&2 && exit 1; }
