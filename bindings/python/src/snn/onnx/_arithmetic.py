"""What a graph computes from constants and shapes: PyTorch writes the sizes of a reshape that way."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._errors import MemoryLimitError
from ._node import Node
from ._values import BATCH, Constant, Op

MOST = 65536
"""Numbers of a result: sizes and numbers of channels, no weights."""


def evaluated(node: Node) -> Constant | None:
    """The result of a node on constants, or of asking activity for its shape; None where it is neither."""
    rule = _rules.get(node.op)
    if rule is None:
        return None
    if node.op != "Shape" and not all(isinstance(value, Constant) for value in node.given):
        return None
    return Constant(rule(node))


def _bounded(node: Node, count: int) -> None:
    if count > MOST:
        raise MemoryLimitError(f"{node.label}: numbers computed in the graph must be <= {MOST}, it has {count}")


def _constant(node: Node) -> NDArray[Any]:
    node.count(0)
    kinds = [("value", "TENSOR"), ("value_int", "INT"), ("value_ints", "INTS"), ("value_float", "FLOAT")]
    for name, kind in [*kinds, ("value_floats", "FLOATS")]:
        value = node.attribute(name, kind)
        if value is not None:
            if kind == "TENSOR":
                return np.asarray(value)
            return np.array(value, np.int64 if "INT" in kind else np.float32)
    node.support(False, "must give a tensor, whole numbers or numbers")
    raise AssertionError


def _shape(node: Node) -> NDArray[Any]:
    node.count(1)
    value = node.input(0)
    dims = [BATCH, *value.shape] if isinstance(value, Op) else list(value.array.shape)  # type: ignore[union-attr]
    start, end = node.attribute("start", "INT", 0), node.attribute("end", "INT", len(dims))
    return np.array(dims[start:end], np.int64)


def _gather(node: Node) -> NDArray[Any]:
    node.count(2)
    data, indices = node.constant(0), node.constant(1)
    axis = node.attribute("axis", "INT", 0)
    node.require(-data.ndim <= axis < data.ndim and indices.dtype.kind == "i", "axis and indices must fit the data")
    length = data.shape[axis]
    good = bool(np.all((indices >= -length) & (indices < length)))
    node.require(good, f"indices must be {-length} ... {length - 1}")
    _bounded(node, indices.size * data.size // max(1, length))
    return np.take(data, indices, axis)


def _concat(node: Node) -> NDArray[Any]:
    parts = [node.constant(index) for index in range(len(node.inputs))]
    axis = node.attribute("axis", "INT", 0)
    first = parts[0] if parts else np.zeros(())
    good = all(part.ndim == first.ndim and part.dtype == first.dtype for part in parts)
    node.require(good and -first.ndim <= axis < first.ndim, "parts and axis must fit together")
    axis %= first.ndim
    good = all(
        part.shape[:axis] + part.shape[axis + 1 :] == first.shape[:axis] + first.shape[axis + 1 :] for part in parts
    )
    node.require(good, "parts must have the same shape but for the axis")
    _bounded(node, sum(part.size for part in parts))
    return np.concatenate(parts, axis)


def _unsqueeze(node: Node) -> NDArray[Any]:
    node.count(1, 2)
    data = node.constant(0)
    given = node.integers(1) if node.has(1) else node.attribute("axes", "INTS", [])
    rank = data.ndim + len(given)
    axes = {axis + rank if axis < 0 else axis for axis in given}
    good = len(axes) == len(given) and all(0 <= axis < rank for axis in axes) and rank <= 8
    node.require(good, f"axes must be different ones of {rank} and lead to at most 8 dimensions, got {list(given)[:9]}")
    if not data.flags.c_contiguous:
        _bounded(node, data.size)
    sizes = iter(data.shape)
    return data.reshape([1 if axis in axes else next(sizes) for axis in range(rank)])


def _squeeze(node: Node) -> NDArray[Any]:
    node.count(1, 2)
    data = node.constant(0)
    ones = [axis for axis, size in enumerate(data.shape) if size == 1]
    axes = node.axes(data.ndim, ones)
    node.require(all(axis in ones for axis in axes), f"axes must have size 1, got {list(data.shape)}")
    if not data.flags.c_contiguous:
        _bounded(node, data.size)
    return data.reshape([size for axis, size in enumerate(data.shape) if axis not in axes])


def _reshape(node: Node) -> NDArray[Any]:
    node.count(2)
    data = node.constant(0)
    keeps_zeros = not node.flag("allowzero")
    sizes = node.integers(1)
    good = len(sizes) <= 8 and all(-1 <= size <= data.size for size in sizes) and sizes.count(-1) <= 1
    node.require(good, f"sizes must fit {data.size} numbers, got {sizes}")
    sizes = [
        data.shape[axis] if not size and keeps_zeros and axis < data.ndim else size for axis, size in enumerate(sizes)
    ]
    known = math.prod(size for size in sizes if size != -1)
    good = known == data.size if -1 not in sizes else known > 0 and data.size % known == 0
    node.require(good, f"sizes must fit {data.size} numbers, got {sizes}")
    if not data.flags.c_contiguous:  # would be copied
        _bounded(node, data.size)
    return data.reshape(sizes)


def _transpose(node: Node) -> NDArray[Any]:
    node.count(1)
    data = node.constant(0)
    order = node.attribute("perm", "INTS", list(range(data.ndim))[::-1])
    node.require(sorted(order) == list(range(data.ndim)), f"perm must order {data.ndim} axes, got {order[:9]}")
    return data.transpose(order)


def _cast(node: Node) -> NDArray[Any]:
    node.count(1)
    data = node.constant(0)
    types: dict[int, type[Any]] = {1: np.float32, 6: np.int32, 7: np.int64, 9: np.bool_}
    to = node.attribute("to", "INT")
    node.attribute("saturate", "INT")
    node.attribute("round_mode", "STRING")
    node.support(to in types, f"to must be float, int32, int64 or bool, got {to}")
    if data.dtype == types[to]:
        return data
    _bounded(node, data.size)
    _known(node, data)
    with np.errstate(invalid="ignore", over="ignore"):
        return data.astype(types[to])


def _slice(node: Node) -> NDArray[Any]:
    count = node.count(3, 5)
    data = node.constant(0)
    starts, ends = node.integers(1), node.integers(2)
    axes = node.integers(3) if count > 3 and node.has(3) else list(range(len(starts)))
    steps = node.integers(4) if node.has(4) else [1] * len(starts)
    good = len(starts) == len(ends) == len(axes) == len(steps) and all(-data.ndim <= axis < data.ndim for axis in axes)
    node.require(good and all(steps), "starts, ends, axes and steps must fit together")
    node.support(all(step > 0 for step in steps), f"steps must be > 0, got {steps}")
    parts = [slice(None)] * data.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps):
        parts[axis] = slice(start, end, step)
    return data[tuple(parts)]


def _filled(node: Node) -> NDArray[Any]:
    node.count(1)
    sizes = node.integers(0)
    node.require(len(sizes) <= 8 and all(0 <= size for size in sizes), f"sizes must be >= 0, got {sizes}")
    _bounded(node, math.prod(sizes))
    value = node.attribute("value", "TENSOR", np.zeros(1, np.float32))
    node.require(value.size == 1, f"value must be one number, got {value.size}")
    return np.full(sizes, value.reshape(()), value.dtype)


def _known(node: Node, *arrays: NDArray[Any]) -> None:
    for array in arrays:
        node.support(not (array == BATCH).any(), "computes with the number of samples, which a network does not know")


def _binary(rule: Callable[[Any, Any], Any]) -> Callable[[Node], NDArray[Any]]:
    def compute(node: Node) -> NDArray[Any]:
        node.count(2)
        a, b = node.constant(0), node.constant(1)
        node.require(a.dtype == b.dtype and a.dtype != np.bool_, f"types must be the same, got {a.dtype} and {b.dtype}")
        try:
            shape = np.broadcast_shapes(a.shape, b.shape)
        except ValueError:
            node.fits(False, f"{list(a.shape)} and {list(b.shape)} do not fit together")
            raise AssertionError from None
        _bounded(node, math.prod(shape))
        _known(node, a, b)
        with np.errstate(all="ignore"):
            return np.asarray(rule(a, b), a.dtype)

    return compute


def _divided(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    if a.dtype.kind == "f":
        return np.asarray(a / b)
    return np.asarray(np.where(b == 0, 0, np.sign(a) * np.sign(b) * (abs(a) // np.where(b == 0, 1, abs(b)))))


def _root(node: Node) -> NDArray[Any]:
    node.count(1)
    data = node.constant(0)
    node.require(data.dtype == np.float32, f"takes float, got {data.dtype}")
    _bounded(node, data.size)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sqrt(data))


def _identity(node: Node) -> NDArray[Any]:
    node.count(1)
    return node.constant(0)


_rules: dict[str, Callable[[Node], NDArray[Any]]] = {
    "Add": _binary(lambda a, b: a + b),
    "Cast": _cast,
    "Concat": _concat,
    "Constant": _constant,
    "ConstantOfShape": _filled,
    "Div": _binary(_divided),
    "Gather": _gather,
    "Identity": _identity,
    "Mul": _binary(lambda a, b: a * b),
    "Reshape": _reshape,
    "Shape": _shape,
    "Slice": _slice,
    "Sqrt": _root,
    "Squeeze": _squeeze,
    "Sub": _binary(lambda a, b: a - b),
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
