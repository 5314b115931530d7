"""Operations that the library does in one: normalisation within a connection before it."""

from __future__ import annotations

import numpy as np

from ._values import Linear, Norm, Op, operations, readers


def folded(last: Op) -> Op:
    """The same numbers with fewer operations.

    y = scale (x - mean) / sqrt(variance + epsilon) + shift behind x = W a + b is one connection: with
    k = scale / sqrt(variance + epsilon) its weights are W k and its bias is (b - mean) k + shift. A connection that
    something else reads as well stays as it is.
    """
    ops = operations(last)
    read_by = readers(ops)
    replaced: dict[int, Op] = {}
    for op in ops:
        op.inputs = [replaced.get(id(source), source) for source in op.inputs]
        source = op.inputs[0] if op.inputs else None
        if isinstance(op, Norm) and isinstance(source, Linear) and len(read_by[id(source)]) == 1:
            merged = _merged(source, op)
            replaced[id(op)] = merged
            read_by[id(merged)] = read_by[id(op)]
    return replaced.get(id(last), last)


def _merged(map: Linear, norm: Norm) -> Linear:
    factor = norm.scale.astype(np.float64) / np.sqrt(norm.variance.astype(np.float64) + norm.epsilon)
    bias = np.zeros(map.weight.shape[-1]) if map.bias is None else map.bias.astype(np.float64)
    return Linear(
        map.label,
        map.name,
        map.inputs,
        map.shape,
        weight=map.weight * factor.astype(np.float32) if (factor != 1).any() else map.weight,
        bias=((bias - norm.mean) * factor + norm.shift).astype(np.float32),
        stride=map.stride,
        pads=map.pads,
    )
