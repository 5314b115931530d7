#!/usr/bin/env bash
# The plugins of bindings/plugins learn a small task from the shell: check.sh SNN FOLDER-OF-SHARED-OBJECTS
set -euo pipefail
snn=$1
plugins=$2
cd "$(dirname "$0")/../../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "$1" >&2 && exit 1; }

# In the header every line of the program has seven spaces before it.
program=$(sed -n '/^       #include <snn_plugin.h>/,/^       SNN_PLUGIN(/p' Include/snn_plugin.h | sed 's/^       //')
diff <(echo "$program") bindings/plugins/leaky.c ||
    fail "bindings/plugins/leaky.c must be the program in the opening comment of Include/snn_plugin.h"
for source in bindings/plugins/*.c bindings/plugins/leaky.f90; do
    # Neither comments nor empty lines.
    lines=$(sed -e '/^\/\*/,/\*\/$/d' -e '/^ *\(!\|\/\/\|$\)/d' "$source" | wc -l)
    ((lines < 40)) || fail "$source must be under 40 lines, got $lines"
done

accuracy() { sed 's/.*"accuracy":\([0-9.]*\).*/\1/'; }
train() { # a recipe, a plugin, the least accuracy
    "$snn" train "$1" --plugin "$plugins/$2.so" --out "$work/$2.snn" --json 2> /dev/null | tail -n 1 > "$work/$2.json"
    echo "$2: $(accuracy < "$work/$2.json")"
    awk -v found="$(accuracy < "$work/$2.json")" -v bar="$3" 'BEGIN { exit !(found >= bar) }' || fail "$2 must reach $3"
}
# A part of their epochs and a lower bar, to save time: `snn verify` has the real ones.
sed 's/"epochs": 40/"epochs": 8/' bindings/plugins/izhikevich.json > "$work/izhikevich.recipe"
sed 's/"epochs": 20/"epochs": 10/' bindings/plugins/adaptive.json > "$work/adaptive.recipe"
sed 's/"adaptive"/"leaky"/g' "$work/adaptive.recipe" > "$work/leaky.recipe"
sed 's/"adaptive"/"leaky_fortran"/g' "$work/adaptive.recipe" > "$work/leaky_fortran.recipe"
train "$work/izhikevich.recipe" izhikevich 0.75
train "$work/adaptive.recipe" adaptive 0.9
train "$work/leaky.recipe" leaky 0.9
train "$work/leaky_fortran.recipe" leaky_fortran 0.9

# A saved network needs its plugin again, and says so without.
same=$("$snn" eval "$work/adaptive.snn" --plugin "$plugins/adaptive.so" --json 2> /dev/null | accuracy)
[[ $same == "$(accuracy < "$work/adaptive.json")" ]] || fail "eval must find the accuracy that train found, got $same"
if "$snn" eval "$work/adaptive.snn" 2> "$work/error"; then fail "eval without the plugin must fail"; fi
grep -q "unknown neuron 'adaptive'" "$work/error" && grep -q -- '--plugin' "$work/error" ||
    fail "the failure must name the neuron and --plugin: $(cat "$work/error")"

# Every parameter is listed; a range is enforced. (Not piped: grep -q leaves at the line it finds, and who writes to it fails.)
"$snn" plugins --plugin "$plugins/adaptive.so" adaptive > "$work/list"
grep -q 'tau_mem *ms *20 *> 0 *time constant of the membrane' "$work/list" ||
    fail "snn plugins must list the parameters"
sed 's/"model": "adaptive"/"model": "adaptive", "tau_mem": -3/g' "$work/adaptive.recipe" > "$work/wrong.recipe"
if "$snn" train "$work/wrong.recipe" --plugin "$plugins/adaptive.so" 2> "$work/error"; then fail "tau_mem -3 must fail"; fi
grep -q 'tau_mem must be > 0 ms, got -3' "$work/error" || fail "the law must be told: $(cat "$work/error")"
echo "plugins in C and Fortran learn"
