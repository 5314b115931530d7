"""What is compared: a case, the signals it runs on and the trace that each side leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Options = dict[str, Any]

STEPS, BATCH, INPUTS, NEURONS = 100, 16, 100, 64
SPARSE_RATE = 0.1
TIE_GRID = 1 / 8


@dataclass(frozen=True)
class Signal:
    """The same numbers for both sides."""

    inputs: Floats
    """[steps, batch, inputs]"""
    weight: Floats
    """[inputs, neurons]"""
    bias: Floats
    labels: NDArray[np.int32]
    """[batch]: the neuron that should fire once while the others stay silent; gives the loss a gradient."""


@dataclass(frozen=True)
class Trace:
    """What one side computed. `potentials` are those that the case compares."""

    spikes: NDArray[np.bool_]
    potentials: Floats
    weight_gradient: Floats
    bias_gradient: Floats


@dataclass(frozen=True)
class Case:
    """One model of a peer and the options of ours that are the same model."""

    library: str
    package: str
    """The name that the package index knows the library by."""
    model: str
    theirs: Options
    ours: Options
    """The neuron as in the network's JSON."""
    inputs: Literal["dense", "sparse", "ties"]
    drive: float
    """The mean current."""
    before_reset: bool
    """Whether the peer shows its potentials before the reset; else after."""
    run: Callable[[Any], tuple[Any, Any]]
    """Currents [steps, batch, neurons] to spikes and potentials of that shape, as torch tensors."""


def signal(case: Case, seed: int) -> Signal:
    """Seeded inputs and weights; neither a peer's generator nor ours takes part."""
    random = np.random.default_rng(seed)
    shape = (STEPS, BATCH, INPUTS)
    inputs = random.random(shape) if case.inputs == "dense" else random.random(shape) < SPARSE_RATE
    if case.inputs == "ties":
        # Sums of multiples of 1/8 are exact in float32 in any order, so many potentials lie exactly on the threshold.
        weight = TIE_GRID * random.integers(-2, 4, (INPUTS, NEURONS))
        bias = TIE_GRID * random.integers(-1, 2, NEURONS)
    else:
        mean = 0.5 if case.inputs == "dense" else SPARSE_RATE
        weight = case.drive * (1 + 3 * random.standard_normal((INPUTS, NEURONS))) / (INPUTS * mean)
        bias = case.drive * 0.1 * random.standard_normal(NEURONS)
    labels = random.integers(0, NEURONS, BATCH)
    floats = (array.astype(np.float32) for array in (inputs, weight, bias))
    return Signal(*floats, labels.astype(np.int32))
