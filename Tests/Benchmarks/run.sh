#!/usr/bin/env bash
# Compares this library with others, in a virtual environment that is kept in build/bench-venv. `make bench` calls it.
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
    [[ -x "$venv/bin/pip" ]] || "$python" -m venv "$venv" ||
        fail "no virtual environment could be made; on Debian and Ubuntu: apt-get install python3-venv"
    "$venv/bin/pip" install --quiet --requirement "$here/requirements.txt" ||
        fail "pip could not install $here/requirements.txt; its message above says why"
    cp "$here/requirements.txt" "$venv/requirements.txt"
}

export SNN_LIBRARY="${SNN_LIBRARY:-$root/build/libsnn.so}"
[[ -e "$SNN_LIBRARY" ]] || fail "$SNN_LIBRARY is missing; run \`make build\` first"
export PYTHONPATH="$root/bindings/python/src" PYTHONDONTWRITEBYTECODE=1
# torch would tell that a compiler for GPUs is absent.
export TORCH_LOGS="${TORCH_LOGS:--all}"
prepare
"$venv/bin/python" "$here/parity.py" "$@"
