#!/usr/bin/env bash
# Compares the C interface with its baseline in this folder: libsnn.abi (functions and types), constants.txt and structs.txt.
#
#     check.sh              fails where the header differs from the baseline
#     check.sh --refresh    writes the baseline anew: `make abi-baseline`. Additions only; anything else is refused.
#
# To add a function, a constant or a member at the end of a struct: change snn.h, run `make abi-baseline`, commit both together.
# To change or remove one: not within this SONAME. docs/abi.md says what a new SONAME takes; then delete the
# baseline files and refresh.
set -euo pipefail
export LC_ALL=C # one sort order everywhere
cd "$(dirname "$0")/../../.."
here=Tests/CTests/abi
baseline=$here/libsnn.abi
abi=$(sed -n "s/^#define SNN_ABI_VERSION //p" Include/snn.h)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 Tests/CTests/make_stub.py Include/snn.h > "$work/stub.c"
python3 Tests/CTests/make_stub.py --constants Include/snn.h > "$work/constants.txt"
python3 Tests/CTests/make_stub.py --structs Include/snn.h > "$work/structs.txt"
# Structs may grow at their end, which abidiff calls a change: structs.txt says whether that is all.
sed 's/ .*//' "$work/structs.txt" | uniq | sed 's/^/[suppress_type]\n  name = /' > "$work/structs.abignore"
# Nothing of this machine may reach the baseline: no paths, no lines, one DWARF version.
gcc -shared -fPIC -g -gdwarf-4 -w -I Include -Wl,-soname,"libsnn.so.$abi" -o "$work/libsnn.so" "$work/stub.c"
abidw --no-architecture --no-corpus-path --no-comp-dir-path --no-show-locs --out-file "$work/libsnn.abi" "$work/libsnn.so"

if [[ -e $baseline ]]; then
    if ! abidiff --no-architecture --no-added-syms --suppressions "$work/structs.abignore" "$baseline" "$work/libsnn.abi"; then
        echo "A function of snn.h was changed or removed. Within $(sed -n "s/.*soname='\([^']*\)'.*/\1/p" "$baseline")" \
            "that breaks programs that are already built: undo it, or read docs/abi.md." >&2
        exit 1
    fi
    if gone=$(comm -23 "$here/constants.txt" "$work/constants.txt") && [[ -n $gone ]]; then
        printf 'Constants of snn.h were changed or removed; programs carry the old values:\n%s\n' "$gone" >&2
        exit 1
    fi
    if gone=$(comm -23 "$here/structs.txt" "$work/structs.txt") && [[ -n $gone ]]; then
        printf 'Members of a struct of snn.h were changed, moved or removed; programs use the old ones:\n%s\n' "$gone" >&2
        exit 1
    fi
fi
if [[ ${1:-} == --refresh ]]; then
    cp "$work/libsnn.abi" "$work/constants.txt" "$work/structs.txt" "$here/"
    echo "$here: $(python3 Tests/CTests/make_stub.py --names Include/snn.h | wc -l) functions," \
        "$(wc -l < "$here/constants.txt") constants, $(wc -l < "$here/structs.txt") members of structs"
    exit 0
fi
if [[ ! -e $baseline ]]; then
    echo "There is no baseline: run \`make abi-baseline\` and commit $here." >&2
    exit 1
fi
if ! abidiff --no-architecture "$baseline" "$work/libsnn.abi" || ! diff "$here/constants.txt" "$work/constants.txt" ||
    ! diff "$here/structs.txt" "$work/structs.txt"; then
    echo "snn.h has additions that the baseline does not know: run \`make abi-baseline\` and commit $here with the header." >&2
    exit 1
fi
echo "the interface is that of the baseline"
