"""What a name of an ONNX graph stands for: numbers that are known, or activity that an operation sends."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

BATCH = -(1 << 62)
"""Stands for the number of samples where a graph computes with shapes."""


@dataclass(eq=False)
class Constant:
    """Numbers that are the same for every sample."""

    array: NDArray[Any]


@dataclass(eq=False)
class Unused:
    """A second result of a node, such as the mask of a dropout, which nothing may read."""

    label: str


@dataclass(eq=False)
class Op:
    """An operation on activity; its result is what other operations name as their input.

    Shapes are those of ONNX without the batch: (channels, height, width) or (values,).
    """

    label: str
    """What errors call it: its node."""
    name: str
    """What its layer is to be called."""
    inputs: list[Op]
    shape: tuple[int, ...]
    order: tuple[int, ...] | None = field(init=False, default=None)
    """The image whose values a row lists in the order channel, height, width.

    This library lists the channels of a pixel together."""

    def __post_init__(self) -> None:
        self.order = self.inputs[0].order if self.inputs else None

    @property
    def count(self) -> int:
        """Values of a sample."""
        return math.prod(self.shape)


@dataclass(eq=False)
class Input(Op):
    """The graph's input."""


@dataclass(eq=False)
class Linear(Op):
    """A dense connection, weight [inputs, outputs], or a convolution, [rows, columns, inputs, outputs]."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32] | None = None
    stride: int = 1
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)

    def __post_init__(self) -> None:
        self.order = None  # outputs have an order of their own


@dataclass(eq=False)
class Norm(Op):
    """y = scale (x - mean) / sqrt(variance + epsilon) + shift, for each channel or value of a row."""

    scale: NDArray[np.float32]
    shift: NDArray[np.float32]
    mean: NDArray[np.float32]
    variance: NDArray[np.float32]
    epsilon: float

    @classmethod
    def affine(cls, source: Op, label: str, name: str, factor: NDArray[Any], constant: NDArray[Any]) -> Norm:
        """y = factor x + constant."""
        channels = source.shape[0]
        one = np.ones(channels, np.float32)
        scale, shift = (np.broadcast_to(part.astype(np.float32), channels) for part in (factor, constant))
        # So small that 1 + epsilon is 1, and still more than 0.
        return cls(label, name, [source], source.shape, scale, shift, 0 * one, one, 1e-30)


@dataclass(eq=False)
class Neuron(Op):
    """A nonlinearity by the name of the neuron model."""

    model: str
    parameters: dict[str, float] = field(default_factory=dict)

    @property
    def choice(self) -> str | dict[str, Any]:
        """As documents have it."""
        return {"model": self.model, **self.parameters} if self.parameters else self.model


@dataclass(eq=False)
class Pool(Op):
    """Mean or maximum of windows."""

    kind: str
    kernel: tuple[int, int]
    stride: int
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    counts_padding: bool = True


@dataclass(eq=False)
class ZeroPad(Op):
    """Zeros above, before, below and behind an image."""

    pads: tuple[int, int, int, int]


@dataclass(eq=False)
class Flatten(Op):
    """An image as a row, or an image of one pixel where a row was: what is listed stays in ONNX's order."""

    def __post_init__(self) -> None:
        super().__post_init__()
        source = self.inputs[0].shape
        if len(source) == 3 and source[0] > 1 and math.prod(source[1:]) > 1:
            self.order = source


@dataclass(eq=False)
class Add(Op):
    """The sum of several activities of one shape."""


Value = Constant | Unused | Op


def operations(last: Op) -> list[Op]:
    """Everything that `last` needs, inputs before those that read them."""
    result: list[Op] = []
    done: set[int] = set()
    waiting: list[tuple[Op, bool]] = [(last, False)]
    while waiting:
        op, ready = waiting.pop()
        if ready:
            result.append(op)
        elif id(op) not in done:
            done.add(id(op))
            waiting.append((op, True))
            waiting.extend((source, False) for source in reversed(op.inputs))
    return result


def readers(ops: list[Op]) -> dict[int, list[Op]]:
    """By the identity of an operation: those that read it."""
    result: dict[int, list[Op]] = {id(op): [] for op in ops}
    for op in ops:
        for source in op.inputs:
            result[id(source)].append(op)
    return result
