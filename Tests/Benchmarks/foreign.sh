#!/usr/bin/env bash
# What neurons in other languages cost: calls through libffi against typed calls of the same function, and a step by the
# language it is written in.
#
#     Tests/Benchmarks/foreign.sh [PYTHON]     a Python that has numba; docs/foreign-neurons.md has the numbers
#
# Build flags as in the Makefile; SWIFT, TEST_FLAGS and TEST_SCRATCH as there. `make build` comes first.
set -euo pipefail
cd "$(dirname "$0")/../.."
march=()
[[ $(uname -m) == x86_64 ]] && march=(-Xcc "-march=${MARCH:-x86-64-v3}")
read -ra flags <<< "${TEST_FLAGS:--c release -Xswiftc -use-ld=lld ${march[*]} -Xswiftc -enable-testing}"
SNN_FOREIGN_SPEED=1 "${SWIFT:-swift}" test "${flags[@]}" --scratch-path "${TEST_SCRATCH:-.build-test}" \
    --filter SNNForeignTests.SpeedTests | grep ' ns a neuron'
MARCH=${MARCH:-x86-64-v3} Tests/CTests/plugins/build.sh build/plugins
PYTHONPATH=bindings/python/src SNN_LIBRARY=$PWD/build/libsnn.so "${1:-build/venv/bin/python}" \
    Tests/Benchmarks/foreign_neurons.py build/plugins
