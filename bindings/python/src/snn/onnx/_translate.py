"""A graph's nodes, one after another, become operations on activity."""

from __future__ import annotations

import functools
import math
from typing import Any

import onnx

from .._errors import DocumentError, MemoryLimitError, NotSupportedError, ShapeError
from ._arithmetic import evaluated
from ._model import Model, label, quoted
from ._node import Node
from ._operators import OPERATORS
from ._values import Constant, Input, Linear, Op, Unused, Value

REVISIONS = {
    **{name: 13 for name in "Clip Concat Gather Gemm LogSoftmax MatMul Sigmoid Slice Softmax Sqrt Sum Tanh".split()},
    **{name: 14 for name in "Add Div Mul Relu Sub".split()},
    **{name: 22 for name in "AveragePool Conv Dropout GlobalAveragePool GlobalMaxPool MaxPool".split()},
    **{name: 25 for name in "Constant ConstantOfShape Flatten Identity Pad Reshape Shape Squeeze".split()},
    **{name: 25 for name in "Transpose Unsqueeze".split()},
    "BatchNormalization": 15,
    "Cast": 28,
    "Gelu": 20,
    "ReduceMean": 18,
    "Swish": 24,
}
"""The newest revision of each operator that is known, by the operator set that brought it."""
MOST_VALUES = 1 << 31
"""Values of a sample anywhere in the graph, as in the library."""
SHARED = 4
SLACK = 64 << 20
"""A network may have `SHARED` times the bytes of the file as weights, and `SLACK` more: nodes that share weights are
given each their own."""


def translated(model: Model) -> Op:
    """The operation that the graph's output is. Errors name the node."""
    source = _input(model.inputs[0])
    values: dict[str, Value] = {model.inputs[0].name: source}
    used = {name for proto in model.nodes for name in proto.input} | {model.outputs[0].name}
    for name in model.tensors.names & used:
        values[name] = Constant(model.tensors.initializer(name))
    weights = 0
    for index, proto in enumerate(model.nodes):
        called = label(proto, index)
        result = _result(proto, called, values, model)
        if isinstance(result, Op) and result.count > MOST_VALUES:
            raise MemoryLimitError(f"{called} must send <= {MOST_VALUES} values, got {Node.shape(result)}")
        if isinstance(result, Linear):
            weights += result.weight.nbytes
            if weights > SHARED * model.size + SLACK:
                raise MemoryLimitError(
                    f"{called}: nodes share weights so often that {weights} bytes would come of {model.size}, "
                    f"at most {SHARED} times as many and {SLACK} more may"
                )
        if not proto.output or not proto.output[0]:
            raise DocumentError(f"{called} must name its result")
        values[proto.output[0]] = result
        for name in filter(None, proto.output[1:]):
            values[name] = Unused(called)
    last = values[model.outputs[0].name]
    if not isinstance(last, Op):
        raise NotSupportedError(f"the output {quoted(model.outputs[0].name)} must depend on the input")
    return last


@functools.cache
def _revision(op: str, opset: int) -> int | None:
    """The operator set that brought what an operator is in another; None where it is not in it."""
    try:
        return int(onnx.defs.get_schema(op, opset, "").since_version)
    except onnx.defs.SchemaError:
        return None


def _result(proto: Any, called: str, values: dict[str, Value], model: Model) -> Value:
    known = REVISIONS.get(proto.op_type)
    if known is None:
        raise NotSupportedError(f"{called} is not supported; known: {', '.join(sorted(REVISIONS))}")
    revision = _revision(proto.op_type, model.opset)
    if revision is None:
        raise NotSupportedError(f"{called} is no operator of version {model.opset}")
    if revision > known:
        raise NotSupportedError(f"{called} is of revision {revision}, only those up to {known} are known")
    node = Node(proto, called, values, model.tensors)
    result: Value | None = evaluated(node)
    if result is None:
        rule = OPERATORS.get(proto.op_type)
        if rule is None:
            raise NotSupportedError(f"{called} is supported for constant numbers and shapes, not for activity")
        result = rule(node)
    node.finish()
    return result


def _input(value: Any) -> Input:
    called = f"the input {quoted(value.name)}"
    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type") or tensor.elem_type != onnx.TensorProto.DataType.Value("FLOAT"):
        raise NotSupportedError(f"{called} must be a tensor of float")
    dims = list(tensor.shape.dim)
    if len(dims) not in (2, 4):
        raise NotSupportedError(
            f"{called} must be [batch, values] or [batch, channels, height, width], got {len(dims)} dimensions"
        )
    shape = tuple(int(dim.dim_value) for dim in dims[1:])
    if not all(1 <= size < MOST_VALUES for size in shape) or math.prod(shape) > MOST_VALUES:
        sizes = ", ".join(
            str(dim.dim_value) if dim.HasField("dim_value") else quoted(dim.dim_param) for dim in dims[1:]
        )
        raise ShapeError(
            f"{called} must have fixed sizes >= 1 but for the batch, <= {MOST_VALUES} values, got [batch, {sizes}]"
        )
    return Input(called, "input", [], shape)
