#!/usr/bin/env bash
# Compares this library with others, in a virtual environment that is kept in build/bench-venv. `make bench` calls it.
#
#     run.sh                 parity, then speed; writes PARITY.md, RESULTS.md, results.json and the charts
#     run.sh --parity        parity alone; --case N: one case of it
#     run.sh --quick         parity, and a little of every speed measurement
#     run.sh --spike-times   networks of spike times beside rectified ones; writes SPIKE_TIMES.md
#     run.sh --few-spikes    few spikes beside rates and spike times; writes FEW_SPIKES.md and docs/few-spikes-steps.svg
#     run.sh --few-spikes-residual  the same of a residual network; writes FEW_SPIKES_RESIDUAL.md
#     run.sh --single-spike  the published grid of single-spike layers; writes SINGLE_SPIKE.md
#     run.sh --dead-neurons  networks that are silent at the start; writes docs/single-spike-dead.svg
#     run.sh --help          the other options of the speed comparison
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv="$root/build/bench-venv"
python="${PYTHON:-python3}"

fail() { echo "bench: $*" >&2; exit 2; }

# The environment is complete when it holds a copy of the requirements it was made from.
prepare() {
    cmp -s "$here/requirements.txt" "$venv/requirements.txt" && return
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$python must be Python 3.11 or newer; name another one: PYTHON=python3.12 make bench"
    echo "bench: installing the libraries to compare with into build/bench-venv (once, some minutes)"
    [[ -x "$venv/bin/python" ]] || "$python" -m venv "$venv" ||
        fail "no virtual environment could be made; on Debian and Ubuntu: apt-get install python3-venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements.txt" ||
        fail "pip could not install $here/requirements.txt; its message above says why"
    cp "$here/requirements.txt" "$venv/requirements.txt"
}

export SNN_LIBRARY="${SNN_LIBRARY:-$root/build/libsnn.so}"
[[ -e "$SNN_LIBRARY" ]] || fail "$SNN_LIBRARY is missing; run \`make build\` first"
export PYTHONPATH="$root/bindings/python/src:$here" PYTHONDONTWRITEBYTECODE=1
# torch would tell that a compiler for GPUs is absent.
export TORCH_LOGS="${TORCH_LOGS:--all}"
prepare

parity() { "$venv/bin/python" "$here/parity.py" "$@"; }
speed() { "$venv/bin/python" -m speed "$@"; }

case "${1:-}" in
    --case) parity "$@" ;;
    --parity) shift; parity "$@" ;;
    --help | -h) sed -n '2,12s/^# \{0,1\}//p' "$0"; echo; speed --help ;;
    --report | --list | --only) speed "$@" ;;
    --spike-times) shift; "$venv/bin/python" "$here/spike_times.py" "$@" ;;
    --few-spikes) shift; "$venv/bin/python" "$here/few_spikes.py" "$@" ;;
    --few-spikes-residual) shift; "$venv/bin/python" "$here/few_spikes_residual.py" "$@" ;;
    --dead-neurons) shift; "$venv/bin/python" "$here/single_spike_dead.py" "$@" ;;
    --single-spike) shift; "$venv/bin/python" "$here/single_spike.py" "$@" ;;
    *)
        # A comparison of speed is worth something only between networks that do the same.
        parity > "$root/build/bench-parity.log" || {
            cat "$root/build/bench-parity.log"
            echo "bench: parity failed, so speed was not measured" >&2
            exit 1
        }
        tail -n 1 "$root/build/bench-parity.log"
        speed "$@"
        ;;
esac
