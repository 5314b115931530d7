"""What goes into a call: numbers, arrays, strings and documents as the library takes them."""

from __future__ import annotations

import ctypes
import json
import operator
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._errors import ArgumentError, ParameterError


def _array(values: ArrayLike, name: str, kinds: str, what: str) -> NDArray[Any]:
    try:
        array = np.asarray(values)
    except ValueError as problem:
        raise ArgumentError(f"{name} must be one array of {what}: {problem}") from None
    if array.dtype.kind not in kinds:
        raise ArgumentError(f"{name} must be {what}, got dtype {array.dtype}")
    return array


def _contiguous(array: NDArray[Any], dtype: type[np.generic]) -> NDArray[Any]:
    if array.dtype == dtype and array.flags.c_contiguous and array.flags.aligned:
        return array
    with np.errstate(over="ignore"):  # what becomes an infinity is refused by the library
        return np.require(array, dtype, ["C", "A"])


def floats(values: ArrayLike, name: str = "inputs") -> NDArray[np.float32]:
    """C-contiguous float32: the array itself where it is that already, else one copy."""
    return _contiguous(_array(values, name, "fiub", "numbers"), np.float32)


def rows(values: ArrayLike, name: str = "inputs") -> tuple[NDArray[np.float32], int]:
    """The array and its batch: the first axis; an array of one axis is one sample."""
    array = floats(values, name)
    return array, array.shape[0] if array.ndim > 1 else 1


def is_integral(values: ArrayLike) -> bool:
    """Whether these are labels rather than values."""
    return _array(values, "targets", "fiub", "numbers").dtype.kind in "iub"


def labels(values: ArrayLike, name: str = "labels") -> NDArray[np.int32]:
    """C-contiguous int32, refusing what would change in it."""
    array = _array(values, name, "iub", "integers")
    result = _contiguous(array, np.int32)
    if result is not array and not np.array_equal(result, array):
        raise ParameterError(f"{name} must fit into 32 bits, got {array.min()} to {array.max()}")
    return result


def unsigned_integers(values: ArrayLike, name: str, dtype: type[np.unsignedinteger[Any]]) -> NDArray[Any]:
    """C-contiguous `dtype`, refusing what would change in it."""
    array = _array(values, name, "iub", "integers") if np.size(values) else np.empty(np.shape(values), dtype)
    result = _contiguous(array, dtype)
    if result is not array and not np.array_equal(result, array):
        bits = 8 * result.itemsize
        raise ParameterError(f"{name} must be >= 0 and fit into {bits} bits, got {array.min()} to {array.max()}")
    return result


_ELEMENTS: dict[str, Any] = {
    "float32": ctypes.c_float,
    "float64": ctypes.c_double,
    "int32": ctypes.c_int32,
    "uint32": ctypes.c_uint32,
    "uint64": ctypes.c_uint64,
}


def pointer(array: NDArray[Any]) -> Any:
    """The array's memory as an argument; the caller holds the array until the call has returned."""
    return ctypes.byref(_ELEMENTS[array.dtype.name].from_address(array.ctypes.data))


def unsigned(value: int, name: str, bits: int = 64) -> int:
    """An integer that ctypes would otherwise cut to `bits` without a word."""
    return _integer(value, name, 0, (1 << bits) - 1)


def signed(value: int, name: str, bits: int = 64) -> int:
    """As `unsigned`, with a sign."""
    return _integer(value, name, -(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def _integer(value: int, name: str, least: int, most: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise ArgumentError(f"{name} must be an integer, got {value!r}") from None
    if not least <= number <= most:
        raise ArgumentError(f"{name} must be {least} ... {most}, got {number}")
    return number


def string(value: str | os.PathLike[str], name: str) -> bytes:
    """UTF-8 without a zero inside."""
    try:
        result = os.fspath(value)
    except TypeError:
        raise ArgumentError(f"{name} must be a string, got {value!r}") from None
    if not isinstance(result, str) or "\0" in result:
        raise ArgumentError(f"{name} must be a string without a zero character, got {result!r}")
    return result.encode("utf-8", "surrogateescape")


def document(value: str | Mapping[str, Any]) -> bytes:
    """A JSON document, from text or from Python objects."""
    if not isinstance(value, str):
        try:
            value = json.dumps(value, default=_plain)
        except (TypeError, ValueError) as problem:
            raise ArgumentError(f"a document must hold what JSON can: {problem}") from None
    return string(value, "json")


def given(**members: object) -> dict[str, object]:
    """Only what the caller gave: defaults are the library's."""
    return {name: value for name, value in members.items() if value is not None}


def _plain(value: object) -> object:
    """What `json` does not know: numpy's numbers and arrays, and the parts of a description."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "_json"):
        return value._json()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"{value!r} has no JSON")
