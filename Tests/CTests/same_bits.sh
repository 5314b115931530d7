#!/usr/bin/env bash
# The same recipe and seed, run from the shell, from C and from Python, with 1 and with 2 threads, writes the same file to
# the byte: same_bits.sh BUILD_DIR [PYTHON]
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(cd "$1" && pwd)
python=${2:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat > "$work/run.c" << 'C'
#include <snn.h>
#include <stdio.h>

int main(int argc, char **argv) {
    char json[4096];
    if (argc != 3) return 2;
    snprintf(json, sizeof json, "{\"epochs\":3,\"seed\":5,\"threads\":%s,\"out\":\"%s\"}", argv[1], argv[2]);
    if (snn_recipe_run("digits-lif", json, NULL, NULL, NULL, NULL) == SNN_OK) return 0;
    fprintf(stderr, "%s\n", snn_last_error());
    return 1;
}
C
cc -std=c99 -Wall -Wextra -Werror -pedantic -IInclude "$work/run.c" -o "$work/run" -L"$build" -lsnn -Wl,-rpath,"$build"

for threads in 1 2; do
    "$build/snn" train digits-lif --epochs 3 --seed 5 --threads $threads --out "$work/shell-$threads" > /dev/null 2>&1
    "$work/run" $threads "$work/c-$threads"
    SNN_LIBRARY=$build/libsnn.so PYTHONPATH=bindings/python/src "$python" - "$threads" "$work/python-$threads" << 'PYTHON'
import sys
import snn

snn.run("digits-lif", epochs=3, seed=5, threads=int(sys.argv[1]), out=sys.argv[2], progress=False)
PYTHON
done
for file in shell-2 c-1 c-2 python-1 python-2; do cmp "$work/shell-1" "$work/$file"; done
echo "shell, C and Python on 1 and 2 threads: $(stat -c %s "$work/shell-1") bytes, all equal"
