#!/usr/bin/env bash
# Hands mutated documents, texts and files to the library for FUZZ_SECONDS a target, under AddressSanitizer and led by what the
# library's code has reached (libFuzzer): run.sh [TARGET...]. Run it as `make fuzz`.
#
# build/fuzz/corpus keeps what reached new code, so every run goes on from the one before. What was found lies in
# build/fuzz/found; `build/fuzz/TARGET FILE` repeats it.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${SWIFT:?run this as: make fuzz}"
seconds=${FUZZ_SECONDS:-60}
folder=$PWD/build/fuzz
targets=("$@")
[[ $# -gt 0 ]] || for source in Tests/Fuzz/*.c; do targets+=("$(basename "$source" .c)"); done
python=${PYTHON:-python3}
[[ ! -x build/venv/bin/python ]] || python=$PWD/build/venv/bin/python
"$python" -c 'import numpy' 2> /dev/null || {
    echo "fuzz: seeds need numpy, which $python lacks; \`make test\` makes an environment that has it, or give PYTHON=..." >&2
    exit 2
}

flags="$COMMON_FLAGS --sanitize=address -Xswiftc -sanitize-coverage=edge,trace-cmp,inline-8bit-counters --scratch-path .build-fuzz"
"$SWIFT" build $flags --product snn
built=$("$SWIFT" build $flags --show-bin-path)
toolchain=$(dirname "$(dirname "$(readlink -f "$(command -v "$SWIFT")")")")
mkdir -p "$folder/found"
trap 'rm -rf /dev/shm/snn-fuzz-*' EXIT
SNN_LIBRARY=$PWD/build/libsnn.so PYTHONPATH=$PWD/bindings/python/src "$python" Tests/Fuzz/seeds.py "$folder/seeds"

status=0
for target in "${targets[@]}"; do
    # The target's own code is not counted: its counters would have to come with tables that Swift's do not have.
    "$toolchain/bin/clang" -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -O1 -g -I Include -I Tests/CTests -fsanitize=address \
        -c "Tests/Fuzz/$target.c" -o "$folder/$target.o"
    "$toolchain/bin/clang" "$folder/$target.o" -fsanitize=fuzzer,address -fuse-ld=lld -o "$folder/$target" \
        -L "$built" -lsnn -Wl,-rpath,"$built:$toolchain/lib/swift/linux"
    mkdir -p "$folder/corpus/$target"
    echo "-- $target, $seconds s"
    # Swift keeps what it has looked up until the process ends.
    if ASAN_OPTIONS=detect_leaks=0 "$folder/$target" -max_total_time="$seconds" -dict="$folder/seeds/words" \
        -max_len=8000 -timeout=30 -rss_limit_mb=6000 -malloc_limit_mb=100000 -artifact_prefix="$folder/found/$target-" \
        "$folder/corpus/$target" "$folder/seeds/$target" > "$folder/$target.log" 2>&1; then
        grep -a '^Done' "$folder/$target.log"
    else
        status=1
        grep -a -m 1 -E 'ERROR|runtime error|libFuzzer' "$folder/$target.log" || tail -n 3 "$folder/$target.log"
        echo "   the input is in $folder/found, the whole story in $folder/$target.log"
    fi
done
exit $status
