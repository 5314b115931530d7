#!/usr/bin/env bash
# The time of neurons given as text and of the same neurons written by hand in Swift, through the same calls: 1000 neurons,
# batch 32, 25 steps, one thread; forward and backward in turn, 60 runs each, the lower quartiles.
#
#     Tests/Benchmarks/equations.sh            prints a line a neuron; docs/equations.md has the numbers
#
# Build flags as in the Makefile; SWIFT, TEST_FLAGS and TEST_SCRATCH as there.
set -euo pipefail
cd "$(dirname "$0")/../.."
march=()
[[ $(uname -m) == x86_64 ]] && march=(-Xcc "-march=${MARCH:-x86-64-v3}")
read -ra flags <<< "${TEST_FLAGS:--c release -Xswiftc -use-ld=lld ${march[*]} -Xswiftc -enable-testing}"
SNN_EQUATION_SPEED=1 "${SWIFT:-swift}" test "${flags[@]}" --scratch-path "${TEST_SCRATCH:-.build-test}" \
    --filter EquationsPluginTests.SpeedTests | grep ' ns a neuron'
