"""The operators that are known, by name: what each makes of activity."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._node import Node
from ._values import BATCH, Add, Constant, Flatten, Linear, Neuron, Norm, Op, Value, ZeroPad
from ._windows import average_pool, convolution, max_pool, reduce_mean, whole_image

Operator = Callable[[Node], Value]


def _same(node: Node) -> Value:
    node.count(1)
    return node.input(0)


def _cast(node: Node) -> Value:
    node.count(1)
    to = node.attribute("to", "INT")
    node.attribute("saturate", "INT")
    node.attribute("round_mode", "STRING")
    node.support(to == 1, f"activity must stay float (1), got {to}")
    return node.activity()


def _dropout(node: Node) -> Value:
    node.count(1, 3)
    node.attribute("seed", "INT")
    if node.has(2):
        node.support(not node.constant(2).any(), "training_mode must be false")
    return node.input(0)


# ---------------------------------------------------------------- connections


def _gemm(node: Node) -> Value:
    """alpha A B' + beta C."""
    count = node.count(2, 3)
    row, weight = node.activity(0), node.weights(1, 2)
    node.only("transA", "INT", 0)
    if node.flag("transB"):
        weight = weight.T
    alpha, beta = (_finite(node, name, 1.0) for name in ("alpha", "beta"))
    bias = None
    if count == 3 and node.has(2):
        given = node.weights(2)
        node.fits(
            given.size in (1, weight.shape[1]), f"C must have 1 or {weight.shape[1]} values, got {list(given.shape)}"
        )
        node.fits(given.ndim < 2 or given.shape[-1] == given.size, f"C must be a row, got {list(given.shape)}")
        bias = np.broadcast_to(given.reshape(-1) * np.float32(beta), weight.shape[1:])
    return _dense(node, row, weight if alpha == 1 else weight * np.float32(alpha), bias)


def _matmul(node: Node) -> Value:
    node.count(2)
    return _dense(node, node.activity(0), node.weights(1, 2), None)


def _dense(node: Node, row: Op, weight: NDArray[np.float32], bias: NDArray[np.float32] | None) -> Value:
    node.fits(len(row.shape) == 1, f"takes [batch, values], got {Node.shape(row)}")
    node.fits(weight.shape[0] == row.shape[0], f"weights for {weight.shape[0]} values get {row.shape[0]}")
    return Linear(node.label, node.name, [row], weight.shape[1:], weight=weight, bias=bias)


def _batch_normalisation(node: Node) -> Value:
    node.count(5)
    source = node.activity()
    node.only("training_mode", "INT", 0)
    node.attribute("momentum", "FLOAT")  # of training
    epsilon = _finite(node, "epsilon", 1e-5)
    scale, shift, mean, variance = (node.vector(index, source.shape[0]) for index in range(1, 5))
    node.require(epsilon >= 0 and bool((variance + np.float32(epsilon) > 0).all()), "variance + epsilon must be > 0")
    return Norm(node.label, node.name, [source], source.shape, scale, shift, mean, variance, epsilon)


def _finite(node: Node, name: str, default: float) -> float:
    value = node.attribute(name, "FLOAT", default)
    node.require(math.isfinite(value), f"{name} must be finite, got {value}")
    return float(value)


# ---------------------------------------------------------------- sums and products


def _sum(node: Node) -> Value:
    values = node.inputs
    node.require(len(values) >= 1, "needs inputs")
    if any(isinstance(value, Constant) for value in values):
        node.support(len(values) == 2, "a sum of more than two with constants is not supported")
        return _affine(node, 1, 1)
    ops = [node.activity(index) for index in range(len(values))]
    for op in ops:
        node.fits(op.shape == ops[0].shape, f"a sum takes equal shapes, got {Node.shape(ops[0])} and {Node.shape(op)}")
        node.support(op.order == ops[0].order, "a sum of rows, one of which was an image, is not supported")
    node.support(len({id(op) for op in ops}) == len(ops), "a sum that takes the same activity twice is not supported")
    return Add(node.label, node.name, ops, ops[0].shape) if len(ops) > 1 else ops[0]


def _add(node: Node) -> Value:
    node.count(2)
    return _sum(node)


def _subtract(node: Node) -> Value:
    node.count(2)
    return _affine(node, 1, -1)


def _affine(node: Node, first: float, second: float) -> Value:
    """first A + second B, one of which is constant."""
    index = 0 if isinstance(node.input(0), Op) else 1
    source = node.activity(index)
    constant = _channels(node, 1 - index, source)
    own, other = (first, second) if index == 0 else (second, first)
    return Norm.affine(source, node.label, node.name, np.full(1, own), constant * other)


def _multiply(node: Node) -> Value:
    node.count(2)
    a, b = node.input(0), node.input(1)
    for one, other in ((a, b), (b, a)):
        if isinstance(one, Neuron) and one.model == "analog.sigmoid" and one.inputs[0] is other:
            return Neuron(node.label, node.name, one.inputs, one.shape, "analog.silu")
    if isinstance(a, Op) and isinstance(b, Op):
        node.support(False, "a product of activities is not supported, but for x * Sigmoid(x)")
    index = 0 if isinstance(a, Op) else 1
    source = node.activity(index)
    return Norm.affine(source, node.label, node.name, _channels(node, 1 - index, source), np.zeros(1))


def _divide(node: Node) -> Value:
    node.count(2)
    source = node.activity(0)
    divisor = _channels(node, 1, source).astype(np.float64)
    node.require(bool((divisor != 0).all()), "a divisor must not be 0")
    factor = 1 / divisor
    node.require(bool((abs(factor) < 3e38).all()), "a divisor must not be so close to 0")
    return Norm.affine(source, node.label, node.name, factor, np.zeros(1))


def _channels(node: Node, index: int, source: Op) -> NDArray[np.float32]:
    """A constant that is one number, or one a channel of what it meets."""
    array = node.weights(index)
    rank = len(source.shape) + 1
    shape = (1,) * (rank - array.ndim) + array.shape
    good = len(shape) == rank and all(size == 1 for axis, size in enumerate(shape) if axis != 1)
    node.support(
        good, f"a constant must be one number, or one a channel of {Node.shape(source)}, got {list(array.shape)}"
    )
    node.fits(shape[1] in (1, source.shape[0]), f"a constant of {list(array.shape)} meets {Node.shape(source)}")
    return array.reshape(-1)


# ---------------------------------------------------------------- nonlinearities


def _neuron(model: str) -> Operator:
    def operator(node: Node) -> Value:
        node.count(1)
        source = node.activity()
        return Neuron(node.label, node.name, [source], source.shape, model)

    return operator


def _clip(node: Node) -> Value:
    node.count(1, 3)
    source = node.activity()
    low, high = (_bound(node, index, default) for index, default in ((1, -math.inf), (2, math.inf)))
    node.require(low <= high, f"min must be <= max, got {low} and {high}")
    largest = float(np.finfo(np.float32).max)
    if low == 0 and high >= largest:
        return Neuron(node.label, node.name, [source], source.shape, "relu")
    node.support(low < high, f"min must be < max, got {low} and {high}")
    bounds = {"low": max(low, -largest), "high": min(high, largest)}
    return Neuron(node.label, node.name, [source], source.shape, "analog.clip", bounds)


def _bound(node: Node, index: int, default: float) -> float:
    if not node.has(index):
        return default
    array = node.constant(index)
    node.require(array.size == 1 and array.dtype == np.float32, f"its input {index} must be one float")
    value = float(array.reshape(()))
    node.require(not math.isnan(value), f"its input {index} must be a number, got NaN")
    return value


def _gelu(node: Node) -> Value:
    node.only("approximate", "STRING", "none")
    return _neuron("analog.gelu")(node)


def _swish(node: Node) -> Value:
    node.only("alpha", "FLOAT", 1.0)
    return _neuron("analog.silu")(node)


def _probabilities(node: Node) -> Value:
    node.support(
        False, 'export the network without it: scores are what it takes, `predict(x, "probabilities")` its softmax'
    )
    raise AssertionError


# ---------------------------------------------------------------- shapes


def _viewed(node: Node, source: Op, shape: tuple[int, ...]) -> Value:
    """The same values as a row, or as they were; pixels of images keep their place."""
    if shape == source.shape:
        return source
    is_row = len(shape) == 1 or (len(shape) == 3 and shape[1:] == (1, 1))
    node.support(
        is_row and shape[0] == source.count and len(source.shape) in (1, 3),
        f"{Node.shape(source)} can become a row of values, not [{', '.join(['batch', *map(str, shape)])}]",
    )
    node.support(
        source.order is None or source.count == source.shape[0], "a row that was an image twice is not supported"
    )
    if len(shape) == 3 and len(source.shape) == 3:
        # The channels of one pixel are a row.
        source = Flatten(node.label, node.name, [source], (source.count,))
    return Flatten(node.label, node.name, [source], shape)


def _flatten(node: Node) -> Value:
    node.count(1)
    source = node.activity()
    axis = node.attribute("axis", "INT", 1)
    node.support(axis in (1, -len(source.shape)), f"axis must be 1, the batch stays, got {axis}")
    return _viewed(node, source, (source.count,))


def _reshape(node: Node) -> Value:
    node.count(2)
    source = node.activity()
    keeps_zeros = not node.flag("allowzero")
    sizes = node.integers(1)
    dims = (BATCH, *source.shape)
    sizes = [dims[axis] if not size and keeps_zeros and axis < len(dims) else size for axis, size in enumerate(sizes)]
    node.require(
        sizes.count(-1) <= 1 and all(size >= -1 or size == BATCH for size in sizes), f"sizes {sizes} make no shape"
    )
    node.support(len(sizes) >= 2, "the batch must stay the first dimension")
    inner = sizes[1:]
    known = math.prod(size for size in inner if size != -1)
    if -1 in inner:
        node.fits(known > 0 and source.count % known == 0, f"{Node.shape(source)} does not fit {inner}")
        inner = [source.count // known if size == -1 else size for size in inner]
    # A first size that is a number is the batch the graph was traced with: the rest must be what a sample has.
    node.support(math.prod(inner) == source.count, f"{Node.shape(source)} does not fit {inner} a sample")
    return _viewed(node, source, tuple(inner))


def _squeeze(node: Node) -> Value:
    node.count(1, 2)
    source = node.activity()
    ones = [axis + 1 for axis, size in enumerate(source.shape) if size == 1]
    axes = node.axes(len(source.shape) + 1, ones)
    node.support(all(axis in ones for axis in axes), f"only sizes of 1 behind the batch can go, got axes {axes}")
    return _viewed(node, source, tuple(size for axis, size in enumerate(source.shape, 1) if axis not in axes))


def _unsqueeze(node: Node) -> Value:
    node.count(1, 2)
    source = node.activity()
    given = node.integers(1) if node.has(1) else node.attribute("axes", "INTS", [])
    rank = len(source.shape) + 1 + len(given)
    axes = sorted(axis + rank if axis < 0 else axis for axis in given)
    node.support(
        len(source.shape) == 1 and axes == [2, 3],
        f"[batch, values] can become [batch, values, 1, 1], got axes {axes[:9]}",
    )
    return _viewed(node, source, (*source.shape, 1, 1))


def _transpose(node: Node) -> Value:
    node.count(1)
    source = node.activity()
    rank = len(source.shape) + 1
    order = node.attribute("perm", "INTS", list(range(rank))[::-1])
    node.require(sorted(order) == list(range(rank)), f"perm must order {rank} axes, got {order[:9]}")
    moved = [axis for axis in order if axis == 0 or source.shape[axis - 1] > 1]
    node.support(
        order[0] == 0 and moved == sorted(moved), f"activity must keep the order of its axes, got perm {order}"
    )
    return _viewed(node, source, tuple(source.shape[axis - 1] for axis in order[1:]))


def _pad(node: Node) -> Value:
    node.count(2, 4)
    source = node.image()
    node.only("mode", "STRING", "constant")
    if node.has(2):
        node.support(not node.constant(2).any(), "padding must be zeros")
    sizes = node.integers(1)
    axes = [axis % 4 for axis in node.integers(3)] if node.has(3) else [0, 1, 2, 3]
    node.require(len(sizes) == 2 * len(axes) and len(set(axes)) == len(axes), f"pads must be two an axis, got {sizes}")
    before = dict(zip(axes, sizes[: len(axes)]))
    after = dict(zip(axes, sizes[len(axes) :]))
    outside = [before.get(axis, 0) or after.get(axis, 0) for axis in (0, 1)]
    pads = (before.get(2, 0), before.get(3, 0), after.get(2, 0), after.get(3, 0))
    node.support(not any(outside), "padding must be of rows and columns")
    node.support(all(0 <= size < 65536 for size in pads), f"padding must be 0 ... 65535, got {pads}")
    if not any(pads):
        return source
    channels, rows, columns = source.shape
    shape = (channels, rows + pads[0] + pads[2], columns + pads[1] + pads[3])
    return ZeroPad(node.label, node.name, [source], shape, pads)


OPERATORS: dict[str, Operator] = {
    "Add": _add,
    "AveragePool": average_pool,
    "BatchNormalization": _batch_normalisation,
    "Cast": _cast,
    "Clip": _clip,
    "Conv": convolution,
    "Div": _divide,
    "Dropout": _dropout,
    "Flatten": _flatten,
    "Gelu": _gelu,
    "Gemm": _gemm,
    "GlobalAveragePool": whole_image("average_pool"),
    "GlobalMaxPool": whole_image("max_pool"),
    "Identity": _same,
    "LogSoftmax": _probabilities,
    "MatMul": _matmul,
    "MaxPool": max_pool,
    "Mul": _multiply,
    "Pad": _pad,
    "ReduceMean": reduce_mean,
    "Relu": _neuron("relu"),
    "Reshape": _reshape,
    "Sigmoid": _neuron("analog.sigmoid"),
    "Softmax": _probabilities,
    "Squeeze": _squeeze,
    "Sub": _subtract,
    "Sum": _sum,
    "Swish": _swish,
    "Tanh": _neuron("analog.tanh"),
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
"""What each operator makes of activity."""
