"""One node of a graph: its inputs as values and its attributes, each of which somebody must ask for."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from .._errors import DocumentError, NotFiniteError, NotSupportedError, ShapeError
from ._tensors import TensorFile
from ._values import Constant, Op, Unused, Value

_Kind = onnx.AttributeProto.AttributeType
_fields = {"INT": "i", "FLOAT": "f", "STRING": "s", "INTS": "ints", "FLOATS": "floats", "TENSOR": "t"}


class Node:
    """A node with what its inputs stand for."""

    def __init__(self, proto: Any, label: str, values: dict[str, Value], tensors: TensorFile) -> None:
        self.op = proto.op_type
        self.label = label
        self.name = layer_name(proto)
        self._inputs = [values[name] if name else None for name in proto.input]
        self._tensors = tensors
        self._attributes: dict[str, Any] = {}
        for attribute in proto.attribute:
            if attribute.name in self._attributes:
                raise DocumentError(f"{label} has the attribute {attribute.name[:80]!r} twice")
            if attribute.ref_attr_name:
                raise NotSupportedError(f"{label}: the attribute {attribute.name[:80]!r} refers to a function's")
            self._attributes[attribute.name] = attribute

    # ---------------------------------------------------------------- attributes

    def attribute(self, name: str, kind: str, default: Any = None) -> Any:
        """The value of an attribute of that kind ("INT", "INTS", ...), or the default where it is not there."""
        attribute = self._attributes.pop(name, None)
        if attribute is None:
            return default
        if attribute.type != _Kind.Value(kind):
            known = attribute.type in _Kind.values()
            found = _Kind.Name(attribute.type) if known else str(attribute.type)
            raise DocumentError(f"{self.label}: {name} must be {kind}, got {found}")
        value = getattr(attribute, _fields[kind])
        if kind == "TENSOR":
            return self._tensors.array(value, f"{self.label}: {name}")
        if kind in ("INTS", "FLOATS"):
            return list(value)
        return value.decode("utf-8", "replace") if kind == "STRING" else value

    def flag(self, name: str, default: int = 0) -> bool:
        """An attribute that is 0 or 1."""
        value = self.attribute(name, "INT", default)
        self.require(value in (0, 1), f"{name} must be 0 or 1, got {value}")
        return bool(value)

    def numbers(self, name: str, count: int, default: int, least: int) -> list[int]:
        """`count` whole numbers >= `least`."""
        values = self.attribute(name, "INTS", [default] * count)
        good = len(values) == count and all(least <= value < 1 << 31 for value in values)
        self.require(good, f"{name} must be {count} numbers >= {least}, got {values[:9]}")
        return [int(value) for value in values]

    def only(self, name: str, kind: str, value: Any) -> None:
        """Refuses every value of an attribute but one, which is its default too."""
        found = self.attribute(name, kind, value)
        if found != value:
            raise NotSupportedError(f"{self.label}: {name} = {str(found)[:80]} is not supported, only {value}")

    def finish(self) -> None:
        """Refuses attributes that nobody asked for."""
        for name in self._attributes:
            raise NotSupportedError(f"{self.label}: the attribute {name[:80]!r} is not known")

    # ---------------------------------------------------------------- inputs

    def count(self, least: int, most: int | None = None) -> int:
        """How many inputs there are, which must be so many."""
        found = len(self._inputs)
        if not least <= found <= (least if most is None else most):
            allowed = str(least) if most in (None, least) else f"{least} ... {most}"
            raise DocumentError(f"{self.label} must have {allowed} inputs, got {found}")
        return found

    @property
    def given(self) -> list[Value]:
        """The inputs that are given."""
        return [value for value in self._inputs if value is not None]

    @property
    def inputs(self) -> list[Value]:
        """All inputs, which must be there."""
        return [self.input(index) for index in range(len(self._inputs))]

    def has(self, index: int) -> bool:
        """Whether an optional input is given."""
        return index < len(self._inputs) and self._inputs[index] is not None

    def input(self, index: int) -> Value:
        """An input that must be given."""
        value = self._inputs[index] if self.has(index) else None
        if value is None:
            raise DocumentError(f"{self.label} needs its input {index}")
        if isinstance(value, Unused):
            raise NotSupportedError(f"{self.label} reads a second result of {value.label}")
        return value

    def activity(self, index: int = 0) -> Op:
        """An input that depends on the sample."""
        value = self.input(index)
        if not isinstance(value, Op):
            raise NotSupportedError(f"{self.label}: its input {index} must be activity, got constant numbers")
        return value

    def image(self, index: int = 0) -> Op:
        """Activity of the shape [batch, channels, height, width]."""
        op = self.activity(index)
        if len(op.shape) != 3:
            raise ShapeError(f"{self.label} takes [batch, channels, height, width], got {self.shape(op)}")
        return op

    def constant(self, index: int) -> NDArray[Any]:
        """An input that is the same for every sample."""
        value = self.input(index)
        if not isinstance(value, Constant):
            raise NotSupportedError(f"{self.label}: its input {index} must be constant, got activity")
        return value.array

    def weights(self, index: int, rank: int | None = None) -> NDArray[np.float32]:
        """Constant finite numbers of type float32."""
        array = self.constant(index)
        if array.dtype != np.float32:
            raise NotSupportedError(f"{self.label}: its input {index} must be float, got {array.dtype}")
        if rank is not None and array.ndim != rank:
            raise ShapeError(f"{self.label}: its input {index} must have {rank} dimensions, got {list(array.shape)}")
        if array.size == 0:
            raise ShapeError(f"{self.label}: its input {index} must not be empty, got {list(array.shape)}")
        if not (np.isfinite(array.min()) and np.isfinite(array.max())):
            raise NotFiniteError(f"{self.label}: its input {index} must be finite, got NaN or infinity")
        return array

    def vector(self, index: int, length: int) -> NDArray[np.float32]:
        """One weight a channel."""
        array = self.weights(index, 1)
        self.fits(array.size == length, f"its input {index} must have {length} values, got {array.size}")
        return array

    def integers(self, index: int) -> list[int]:
        """A constant list of whole numbers, one where it is a scalar."""
        array = self.constant(index)
        good = array.dtype in (np.int64, np.int32) and array.ndim <= 1 and array.size <= 16
        self.require(good, f"its input {index} must be at most 16 whole numbers")
        return [int(value) for value in array.reshape(-1)]

    def axes(self, rank: int, default: list[int] | None = None) -> list[int]:
        """Axes of activity with the batch, as an attribute or the second input, counted from 0, ascending."""
        given = self.attribute("axes", "INTS")
        if given is None:
            given = self.integers(1) if self.has(1) else default
        if given is None:
            raise DocumentError(f"{self.label} needs axes")
        axes = sorted(axis + rank if axis < 0 else axis for axis in given)
        good = all(0 <= axis < rank for axis in axes) and len(set(axes)) == len(axes)
        self.require(good, f"axes must be different ones of {-rank} ... {rank - 1}, got {list(given)[:9]}")
        return axes

    # ---------------------------------------------------------------- laws

    def require(self, holds: bool, law: str) -> None:
        """Refuses what no such node may have."""
        if not holds:
            raise DocumentError(f"{self.label}: {law}")

    def support(self, holds: bool, law: str) -> None:
        """Refuses what this importer does not know."""
        if not holds:
            raise NotSupportedError(f"{self.label}: {law}")

    def fits(self, holds: bool, law: str) -> None:
        """Refuses sizes that do not fit together."""
        if not holds:
            raise ShapeError(f"{self.label}: {law}")

    @staticmethod
    def shape(op: Op) -> str:
        """A shape with its batch, for messages."""
        return "[" + ", ".join(["batch", *map(str, op.shape)]) + "]"


def layer_name(proto: Any) -> str:
    """What to call the layer of a node.

    By its weights (`layer1.0.conv1.weight`) or its path (`/layer1/layer1.0/conv1/Conv`): `layer1_0_conv1`.
    """
    for name in proto.input[1:2]:
        if name.endswith(".weight") and ":" not in name:
            return _tidy(name.removesuffix(".weight"))
    parts = [part for part in proto.name.split("/") if part]
    if len(parts) > 1:
        parts = [part for part, next in zip(parts, parts[1:]) if not next.startswith(part + ".")]
    return _tidy(parts[-1] if len(parts) == 1 else "_".join(parts)) or _tidy(proto.op_type.lower())


def _tidy(name: str) -> str:
    return re.sub(r"\W+", "_", name[:200], flags=re.ASCII).strip("_")[:80]
