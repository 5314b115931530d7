#!/usr/bin/env bash
# What the README and docs/ print is true: the C and Python programs run as they stand and reach the accuracy, the JSON
# documents are accepted, the commands, make targets and linked files exist: readme.sh FOLDER-WITH-snn-AND-libsnn.so
set -euo pipefail
library=$(realpath "$1")
cd "$(dirname "$0")/../.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "$*" >&2 && exit 1; }
# The code blocks of a language, each a file: blocks PAGE LANGUAGE PREFIX
blocks() {
    awk -v fence='```'"$2" -v out="$work/$3" -v end=".$2" '
        $0 == fence { number++; inside = 1; next }
        /^```/ { inside = 0 }
        inside { print > (out "-" number end) }' "$1"
    compgen -G "$work/$3-*.$2" > /dev/null || fail "$1 has no block of $2"
}
# Runs a program of the README in a folder of its own; its last line must tell a test accuracy of at least 96 %.
shown() { # what it is, then the command
    local what=$1 last
    shift
    mkdir -p "$work/run"
    last=$(cd "$work/run" && timeout 300 "$@" 2> "$work/log" | tail -n 1) || {
        cat "$work/log" >&2
        fail "the $what program of README.md fails"
    }
    echo "$what: $last"
    [[ $last =~ ^'test accuracy '([0-9.]+)' '?%$ ]] || fail "the $what program must end with its test accuracy"
    awk -v percent="${BASH_REMATCH[1]}" 'BEGIN { exit !(percent >= 96) }' || fail "$what: below 96 %"
    [[ -s $work/run/digits.snn ]] || fail "the $what program must save digits.snn"
    rm -r "$work/run"
}

compile=("${CC:-gcc}" -std=c99 -Wall -Wextra -Werror -pedantic -I "$root/Include")
link=(-L "$library" -lsnn -Wl,-rpath,"$library")
blocks README.md c readme
for program in "$work"/readme-*.c; do
    "${compile[@]}" "$program" -o "$work/program" "${link[@]}"
    shown C "$work/program"
done

python=$library/venv/bin/python
[[ -x $python ]] || python=python3
blocks README.md python readme
for program in "$work"/readme-*.python; do
    shown Python env SNN_LIBRARY="$library/libsnn.so" PYTHONPATH="$root/bindings/python/src" "$python" "$program"
done

cat > "$work/accepts.c" << 'C'
#include <snn.h>
#include <stdio.h>
#include <string.h>

/* accepts network|recipe FILE: whether the library takes the document. */
int main(int count, char **arguments) {
    static char text[65536];
    snn_network *network = NULL;
    snn_report *report = NULL;
    snn_status status;
    FILE *file = count == 3 ? fopen(arguments[2], "r") : NULL;
    if (!file) return 2;
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    if (strcmp(arguments[1], "network") == 0) status = snn_network_create(text, 1, &network);
    else status = snn_recipe_run(text, "{\"epochs\": 1}", NULL, NULL, &network, &report);
    /* Only the digits come with the library. */
    if (status == SNN_E_DATA_MISSING) status = SNN_OK;
    if (status != SNN_OK) fprintf(stderr, "%s: %s\n", snn_status_string(status), snn_last_error());
    snn_report_free(report);
    snn_network_free(network);
    return status != SNN_OK;
}
C
"${compile[@]}" "$work/accepts.c" -o "$work/accepts" "${link[@]}"
for page in network recipes; do
    blocks "docs/$page.md" json "$page"
    for document in "$work/$page"-*.json; do
        "$work/accepts" "${page%s}" "$document" || fail "docs/$page.md: a JSON block is refused"
    done
done
echo "documents: $(ls "$work"/*.json | wc -l) accepted"

# A command of the README may be followed by a comment. Help of an unknown subcommand is that of the whole program.
commands=0
while read -r -a words; do
    line=${words[*]}
    usage=$("$library/snn" "${words[@]}" --help) || fail "snn $line --help fails"
    grep -q "^USAGE: snn ${words[0]}\b" <<< "$usage" || fail "README.md: there is no command snn ${words[0]}"
    if [[ ${words[0]} == data || ${words[0]} == plugin ]]; then
        grep -q "^USAGE: snn ${words[0]} ${words[1]}\b" <<< "$usage" || fail "README.md: there is no command snn ${words[0]} ${words[1]}"
    fi
    for word in "${words[@]}"; do
        [[ $word != --* ]] || grep -q -- "$word\b" <<< "$usage" || fail "README.md: snn ${words[0]} has no option $word"
    done
    commands=$((commands + 1))
done < <(sed -n 's/^ *build\/snn \([^#]*\).*/\1/p; s/.*# or: snn \([a-z][^,]*\).*/\1/p' README.md)
((commands)) || fail "README.md names no command"

for target in $(grep -oh '\bmake [a-z][a-z-]*\b' README.md docs/*.md plugins/README.md | sed -n 's/make //p' | sort -u); do
    grep -q "^$target:" Makefile || fail "a page names make $target, which is no target"
done

links=0
for page in README.md docs/*.md plugins/README.md; do
    for link in $(grep -o '](\([^)#]*\)' "$page" | sed 's/^](//' | grep -v '^https\?:' || true); do
        [[ -e $(dirname "$page")/$link ]] || fail "$page links to $link, which is not there"
        links=$((links + 1))
    done
done
echo "README: $commands commands, $links links"
