#!/usr/bin/env bash
# Counts the instructions that small benchmarks take for a sample and compares them with baseline.txt in this folder.
# A count, unlike a time, does not depend on what else the machine does, so CI notices when the library gets slower.
#
#     check.sh              fails where a case takes over 5 % more than the baseline: `make instructions`
#     check.sh --refresh    writes the baseline anew: `make instructions REFRESH=1`
#
# valgrind shows a program the same processor on every machine that has AVX2, an Intel Haswell: BLIS and glibc take the
# kernels for that one. Compiler, BLIS and glibc do change the counts; the baseline says what it was counted with.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../../.."
baseline=Tests/Benchmarks/instructions/baseline.txt
program=build/snn
refresh='make instructions REFRESH=1'
allowed=5 # percent; the same program counted again differs by less than 0.01 %
# What `snn bench` is called with: small, as valgrind is slow, but on the paths of the full cases. 360 hidden neurons
# still make blocks of 32 samples, and the windows of case e keep their 500 steps.
cases=(
    "a --mode train --hidden 360 --batch 96"
    "b --mode train --steps 5 --batch 2"
    "e --mode train --batch 4"
    "a --mode inference --hidden 360 --batch 64"
    "b --mode inference --steps 5 --batch 4"
    "e --mode inference --batch 4"
)

fail() { echo "$*" >&2 && exit 1; }
nothing() { # where no comparison is possible: an error only if a baseline was asked for
    echo "The baseline of instruction counts is for x86-64-v3: nothing to compare $1 with."
    [[ $mode != --refresh ]] && exit 0
    fail "Refresh it on x86-64, with the MARCH that the Makefile takes there."
}

mode=${1:-}
[[ $mode == '' || $mode == --refresh ]] || fail "usage: check.sh [--refresh]"
[[ $(uname -m) == x86_64 ]] || nothing "$(uname -m)"
[[ ${MARCH:-x86-64-v3} == x86-64-v3 ]] || nothing "MARCH=$MARCH"
[[ -x $program ]] || fail "$program is missing: run \`make build\`"
command -v valgrind > /dev/null || fail "valgrind is missing: run \`make deps\`, or apt-get install valgrind"
version=$("$program" --version)
[[ $version == *x86-64-v3* ]] || nothing "«$version»"

blis=$(dpkg-query -W -f '${source:Upstream-Version}' libblis-serial-dev 2> /dev/null || echo "of unknown version")
swift=$("${SWIFT:-swift}" --version 2>&1 | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p')
counted="${version##*built for }, Swift $swift, BLIS $blis, $(getconf GNU_LIBC_VERSION), $(valgrind --version)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Counts a process: profile PROGRAM CASE REPETITIONS; writes what every function took to $work/REPETITIONS.
profile() {
    local words
    read -ra words <<< "$2"
    # Neither the caller's environment nor their settings of valgrind may change the count, nor may the order of
    # dictionaries, which is random otherwise. ERMS: one instruction that clears or copies any number of bytes, counted
    # once a byte by valgrind; without it glibc takes vectors, whose count is closer to the time.
    env -i PATH="$PATH" SWIFT_DETERMINISTIC_HASHING=1 GLIBC_TUNABLES=glibc.cpu.hwcaps=-ERMS \
        valgrind --command-line-only=yes --tool=callgrind --callgrind-out-file="$work/$3" \
        "$1" bench "${words[@]}" --threads 1 --seconds 0 --repetitions "$3" > "$work/log" 2>&1 || {
        cat "$work/log" >&2
        fail "\`$1 bench $2\` could not be counted; its messages above say why"
    }
}

# Prints the instructions of a sample: per_sample PROGRAM CASE. They are the difference between a process that makes one
# more call and one that does not, so that the start and the making of network and inputs drop out.
per_sample() {
    profile "$1" "$2" 1
    profile "$1" "$2" 2
    awk -v batch="${2##*--batch }" '/^totals:/ { sum += FNR == NR ? -$2 : $2 } END { printf "%.0f\n", sum / batch }' \
        "$work/1" "$work/2"
}

# Shows which functions take the most instructions of a sample: functions CASE
functions() {
    # build/snn without its names stripped. Debug information must go: valgrind 3.19 does not read that of Swift 6.3.
    [[ -e .build/release/snn-cli ]] || return 0
    strip -g -o "$work/snn" .build/release/snn-cli
    per_sample "$work/snn" "$1" > /dev/null
    echo "Of these instructions, the ten functions that take the most:"
    # A profile names a function once, as `(number) name`, and then by its number. The line after `calls=` is what the
    # called function took, which is listed where that one stands.
    awk -v batch="${1##*--batch }" '
        FNR == 1 { split("", name) }
        /^c?fn=/ {
            number = $1
            sub(/^c?fn=/, "", number)
            if (NF > 1) name[number] = substr($0, length($1) + 2)
            if (/^fn=/) owner = name[number]
        }
        /^calls=/ { getline; next }
        /^[0-9+*-]/ { taken[owner] += FNR == NR ? -$2 : $2 }
        END { for (each in taken) printf "%10.0f  %s\n", taken[each] / batch, each }' "$work/1" "$work/2" |
        sort -rn | sed -n 1,10p | "${SWIFT:-swift}" demangle --simplified | cut -c 1-120
}

# Prints what the baseline says, or nothing: before CASE
before() { [[ ! -e $baseline ]] || awk -v task="$1" '!/^#/ && substr($0, 13) == task { print $1 }' "$baseline"; }

if [[ $mode != --refresh ]]; then
    for task in "${cases[@]}"; do
        [[ -n $(before "$task") ]] || fail "$baseline lacks \`$task\`: run \`$refresh\` and commit it."
    done
fi
slower=()
faster=()
{
    echo "# Instructions of a sample, then the arguments of \`snn bench\`. Written by \`$refresh\`."
    echo "# $counted"
} > "$work/baseline"
printf '%-46s %12s %12s %8s\n' "snn bench" "instructions" "baseline" "change"
for task in "${cases[@]}"; do
    count=$(per_sample "$program" "$task")
    printf '%10d  %s\n' "$count" "$task" >> "$work/baseline"
    was=$(before "$task")
    if [[ -z $was ]]; then
        printf '%-46s %12d %12s\n' "$task" "$count" "none"
        continue
    fi
    change=$(awk -v a="$was" -v b="$count" 'BEGIN { printf "%+.1f", 100 * (b - a) / a }')
    printf '%-46s %12d %12d %6s %%\n' "$task" "$count" "$was" "$change"
    if ((100 * count > (100 + allowed) * was)); then
        slower+=("$task: $count instructions a sample, $was in the baseline: ${change#+} % more")
    elif ((100 * count < (100 - allowed) * was)); then
        faster+=("$task: ${change#-} % fewer")
    fi
done

if [[ $mode == --refresh ]]; then
    cp "$work/baseline" "$baseline"
    echo "written to $baseline: commit it with what changed the counts"
    exit 0
fi
if ((${#faster[@]})); then
    printf 'note: %s instructions than in the baseline\n' "${faster[@]}"
    echo "note: run \`$refresh\` and commit $baseline, so that this cannot be lost again"
fi
if ((${#slower[@]} == 0)); then
    echo "no case takes over $allowed % more instructions than in the baseline"
    exit 0
fi
{
    for line in "${slower[@]}"; do
        printf '\nsnn bench %s\n' "$line"
        functions "${line%%: *}"
    done
    echo
    tools=$(sed -n '2s/^# //p' "$baseline")
    if [[ $tools != "$counted" ]]; then
        echo "The baseline was counted with other tools, which may be all there is to it:"
        printf '    baseline  %s\n    here      %s\n' "$tools" "$counted"
    fi
    echo "At most $allowed % more are allowed: make it as fast as it was. Where the instructions are worth it (better"
    echo "results, or less time in spite of them), run \`$refresh\`, commit $baseline"
    echo "with the change, and say why."
} >&2
exit 1
