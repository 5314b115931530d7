#!/usr/bin/env bash
# The plugin checker finds what is wrong and names it: check.sh BUILD. Builds BUILD/faults/*.so with the system's C
# compiler, each a healthy neuron with one fault; the law that the checker names last must be that of the fault.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:?usage: check.sh BUILD}")
snn=$build/snn
faults=$build/faults
mkdir -p "$faults"
rm -f "$faults"/*.so

compile() { # the object's name, then flags
    local name=$1
    shift
    "${CC:-cc}" -std=c11 -O3 -Wall -Wextra -Wno-pedantic -fPIC -shared -IInclude "$@" Tests/Faults/adaptive.c -lm \
        -o "$faults/$name.so"
}

compile healthy
if ! "$snn" plugin check "$faults/healthy.so" > "$faults/healthy.txt"; then
    cat "$faults/healthy.txt" >&2
    echo "the healthy plugin does not pass" >&2
    exit 1
fi
echo "ok: $(tail -n 1 "$faults/healthy.txt" | sed 's|.*/||')"

failures=0
planted() { # fault, the law that it breaks
    local fault=$1 law=$2 code=0 last
    compile "$fault" "-DFAULT_${fault^^}"
    "$snn" plugin check "$faults/$fault.so" > "$faults/$fault.txt" 2> "$faults/$fault.err" || code=$?
    last=$(tail -n 1 "$faults/$fault.txt")
    if [[ $code == 1 && $last == "broken: $law: "* ]]; then
        echo "ok: $fault: $last"
    else
        failures=$((failures + 1))
        echo "FAILED: $fault must break $law: code $code, $last$(cat "$faults/$fault.err")" >&2
    fi
}
planted wrong_sign adjoint
planted state_leak batch_order
planted off_by_one step_split
planted nan finite
planted range_ignored ranges
planted input_written inputs_kept
planted batch_dependence batch_alone
planted thread_dependence threads
planted spike_count binary_spikes
planted silent_reset neighbours

# The same verdict as JSON.
"$snn" plugin check "$faults/wrong_sign.so" --json > "$faults/wrong_sign.json" && exit 1
python3 - "$faults/wrong_sign.json" << 'PYTHON'
import json, sys
report = json.loads(open(sys.argv[1]).read())
assert report["plugin"] == "planted" and report["broken"][-1] == "adjoint", report
laws = {law["law"]: law for law in report["models"][0]["laws"]}
assert laws["adjoint"]["verdict"] == "broken" and "the adjoint takes" in laws["adjoint"]["detail"], laws["adjoint"]
assert laws["step_split"]["verdict"] == "holds" and laws["lanes"]["verdict"] == "not_applicable"
assert all(law["detail"] for law in laws.values() if law["verdict"] != "holds")
PYTHON
((failures == 0))
