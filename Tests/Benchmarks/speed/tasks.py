"""The tasks: network shapes, batches, seeded data and seeded weights. Knows no framework."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]

BETA = 0.9
"""Membrane decay a step, in every task."""
THRESHOLD = 1.0
SLOPE = 25
"""Of the fast sigmoid surrogate; peers that cannot have it take their own default."""
SEED = 1
LEARNING_RATE = 1e-3
SEQUENCE_GAIN = 8.0
"""On the first layer's initial weights of task e, so that 1 % input makes it spike."""


@dataclass(frozen=True)
class Task:
    """A network and what it is fed with."""

    what: str
    batch: int
    steps: int
    input_shape: tuple[int, ...]
    outputs: int
    density: float
    """The share of inputs that are not zero."""
    sequence: bool
    """Whether the input changes from step to step; else it is the same current at every step."""


TASKS = {
    "a": Task("784-1000-10 LIF, constant current", 128, 25, (784,), 10, 0.19, sequence=False),
    "b": Task("12C5-LIF-MP2-64C5-LIF-MP2-10 LIF, constant current", 64, 25, (1, 28, 28), 10, 0.19, sequence=False),
    "e": Task("700-128 LIF-20 leaky readout, 1 % input spikes", 128, 500, (700,), 20, 0.01, sequence=True),
    "g": Task("n-n LIF, loss = sum of the spikes", 16, 500, (512,), 512, 1.0, sequence=True),
}


@dataclass(frozen=True)
class Job:
    """One measurement of a task: what a peer is asked for."""

    case: str
    formulation: str
    mode: str
    threads: int
    batch: int
    steps: int
    width: int
    """Inputs and neurons of task g."""
    activity: float
    """The share of inputs of task g that spike; 0 is dense noise."""

    @property
    def task(self) -> Task:
        return TASKS[self.case]


def data(job: Job) -> tuple[Floats, Labels]:
    """Input and labels. Sequences have time first: [steps, batch, inputs]."""
    task, random = job.task, np.random.default_rng(SEED)
    labels = random.integers(0, task.outputs, job.batch)
    if job.case == "g":
        shape = (job.steps, job.batch, job.width)
        if job.activity == 0:
            return random.standard_normal(shape, np.float32), labels
        return (random.random(shape, np.float32) < job.activity).astype(np.float32), labels
    if task.sequence:
        shape = (job.steps, job.batch, *task.input_shape)
        return (random.random(shape, np.float32) < task.density).astype(np.float32), labels
    pixels = random.random((job.batch, *task.input_shape), np.float32)
    return pixels * (random.random(pixels.shape) < task.density).astype(np.float32), labels


def weights(job: Job) -> dict[str, Floats]:
    """Weights and biases by layer, uniform in +-1 / sqrt(inputs of a neuron), in PyTorch's layout (outputs first)."""
    shapes: dict[str, tuple[int, ...]] = {
        "a": {"fc1": (1000, 784), "fc2": (10, 1000)},
        "b": {"conv1": (12, 1, 5, 5), "conv2": (64, 12, 5, 5), "fc": (10, 1024)},
        "e": {"fc1": (128, 700), "fc2": (20, 128)},
        "g": {"fc1": (job.width, job.width)},
    }[job.case]
    random, result = np.random.default_rng(SEED + 1), {}
    for name, shape in shapes.items():
        bound = 1 / math.sqrt(math.prod(shape[1:]))
        gain = SEQUENCE_GAIN if job.case == "e" and name == "fc1" else 1.0
        result[f"{name}.weight"] = random.uniform(-bound, bound, shape).astype(np.float32) * np.float32(gain)
        result[f"{name}.bias"] = random.uniform(-bound, bound, shape[0]).astype(np.float32)
    return result
