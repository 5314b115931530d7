#!/usr/bin/env bash
# Compiles one C test against the library and runs it: run.sh FOLDER-WITH-libsnn.so TEST.c
# SANITIZE=address does so under AddressSanitizer, for a library that was built with it.
set -euo pipefail
library=$1
source=$2
cd "$(dirname "$0")/../.."

compiler=${CC:-gcc}
flags=(-std=c11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -I Include -I Tests/CTests)
if [[ -n ${SANITIZE:-} ]]; then
    # The clang of the Swift toolchain: its runtime is the one the library was compiled for.
    compiler=$(dirname "$(readlink -f "$(command -v swift)")")/clang
    flags+=("-fsanitize=$SANITIZE" -fuse-ld=lld)
fi
program=$library/tests/$(basename "$source" .c)
mkdir -p "$library/tests"
"$compiler" "${flags[@]}" "$source" -o "$program" -L "$library" -lsnn -ldl -lm -lpthread -Wl,-rpath,"$library"
# Temporary files of the test go away with their folder, whatever happens.
TMPDIR=$(mktemp -d)
export TMPDIR SNN_TEST_LIBRARY=$library/libsnn.so
trap 'rm -rf "$TMPDIR"' EXIT
timeout 300 "$program"
