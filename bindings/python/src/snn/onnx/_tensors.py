"""Tensors of an ONNX file, checked before any memory is asked for: their bytes must be there."""

from __future__ import annotations

import math
import os
import stat
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from .._errors import CorruptError, DocumentError, FileError, NotSupportedError

_Kind = onnx.TensorProto.DataType
_dtypes: dict[int, tuple[str, str]] = {
    _Kind.Value("FLOAT"): ("<f4", "float_data"),
    _Kind.Value("INT64"): ("<i8", "int64_data"),
    _Kind.Value("INT32"): ("<i4", "int32_data"),
    _Kind.Value("BOOL"): ("?", "int32_data"),
}
"""Types that are read: how they lie in raw bytes, and in which field otherwise."""
_EXTERNAL = onnx.TensorProto.DataLocation.Value("EXTERNAL")
_FIELDS = ["float_data", "int32_data", "string_data", "int64_data", "double_data", "uint64_data"]


def _quoted(name: str) -> str:
    return repr(name if len(name) <= 80 else name[:77] + "...")


class TensorFile:
    """The initializers of a graph by name, and tensors of its nodes' attributes."""

    def __init__(self, folder: str, initializers: Any) -> None:
        self._folder = os.path.realpath(folder)
        self._protos = {tensor.name: tensor for tensor in initializers}
        self._read: dict[str, NDArray[Any]] = {}
        self._paths: dict[str, str] = {}
        seen: set[str] = set()
        for tensor in initializers:
            if not tensor.name or tensor.name in seen:
                raise DocumentError(f"initializers must have names of their own, got {_quoted(tensor.name)} again")
            seen.add(tensor.name)
            if tensor.data_location == _EXTERNAL:
                self._path(tensor, f"initializer {_quoted(tensor.name)}")
        self.external_bytes = sum(os.path.getsize(path) for path in set(self._paths.values()))
        """Bytes of the files that hold weights."""

    @property
    def names(self) -> set[str]:
        """The initializers."""
        return set(self._protos)

    def initializer(self, name: str) -> NDArray[Any]:
        """The numbers of an initializer, read at their first use."""
        if name not in self._read:
            self._read[name] = self.array(self._protos[name], f"initializer {_quoted(name)}")
        return self._read[name]

    def array(self, tensor: Any, label: str) -> NDArray[Any]:
        """The numbers of a tensor, read-only. Errors: NotSupportedError, CorruptError, FileError, all with `label`."""
        if tensor.data_type not in _dtypes:
            names = [_Kind.Name(kind).lower() for kind in _dtypes]
            known = tensor.data_type in _Kind.values()
            found = _Kind.Name(tensor.data_type).lower() if known else str(tensor.data_type)
            raise NotSupportedError(f"{label} must be of type {', '.join(names)}, got {found}")
        dtype, field = _dtypes[tensor.data_type]
        dims = list(tensor.dims)
        if len(dims) > 8 or any(dim < 0 for dim in dims):
            raise CorruptError(f"{label} must have at most 8 dimensions, all >= 0, got {dims[:9]}")
        if tensor.HasField("segment"):
            raise NotSupportedError(f"{label} is cut into segments")
        count = math.prod(dims)
        size = count * np.dtype(dtype).itemsize
        if tensor.data_location == _EXTERNAL:
            return self._external(tensor, label, dtype, dims, size)
        filled = [name for name in _FIELDS if len(getattr(tensor, name))]
        if tensor.HasField("raw_data"):
            if filled:
                raise CorruptError(f"{label} holds its numbers twice, as raw_data and as {filled[0]}")
            raw = tensor.raw_data
            self._check(label, dims, size, len(raw))
            return np.frombuffer(raw, dtype).reshape(dims)
        if filled not in ([], [field]):
            raise CorruptError(f"{label} must hold its numbers as {field}, got {', '.join(filled)}")
        numbers = getattr(tensor, field)
        self._check(label, dims, size, len(numbers) * np.dtype(dtype).itemsize)
        return np.array(numbers, dtype).reshape(dims)

    def _check(self, label: str, dims: list[int], size: int, found: int) -> None:
        if size != found:
            raise CorruptError(f"{label} must have {size} bytes for {dims}, got {found}")

    # ---------------------------------------------------------------- files beside the model

    def _path(self, tensor: Any, label: str) -> str:
        """Where the numbers lie; inside the model's folder, whatever links say."""
        entries = {entry.key: entry.value for entry in tensor.external_data}
        location = entries.get("location", "")
        unknown = set(entries) - {"location", "offset", "length", "checksum", "basepath"}
        if not location or "\0" in location or unknown:
            raise CorruptError(f"{label} must tell in which file its numbers lie, got {_quoted(str(entries))}")
        if location in self._paths:
            return self._paths[location]
        path = os.path.realpath(os.path.join(self._folder, location))
        if os.path.isabs(location) or os.path.commonpath([self._folder, path]) != self._folder:
            raise FileError(f"{label} must lie in the folder of the model, got {_quoted(location)}")
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                raise FileError(f"{label} must lie in a file, {_quoted(location)} is none")
        except OSError as problem:
            if isinstance(problem, FileError):
                raise
            raise FileError(f"{label}: cannot read {_quoted(location)}: {problem.strerror}") from None
        self._paths[location] = path
        return path

    def _external(self, tensor: Any, label: str, dtype: str, dims: list[int], size: int) -> NDArray[Any]:
        path = self._path(tensor, label)
        there = os.path.getsize(path)
        entries = {entry.key: entry.value for entry in tensor.external_data}
        offset = self._number(entries.get("offset", "0"), label)
        length = self._number(entries.get("length", str(size)), label)
        self._check(label, dims, size, length)
        if offset + size > there:
            raise CorruptError(
                f"{label} must lie within the {there} bytes of its file, got {offset} ... {offset + size}"
            )
        if size == 0:
            return np.empty(dims, dtype)
        numbers = np.fromfile(path, np.dtype(dtype), math.prod(dims), offset=offset)
        if numbers.size < math.prod(dims):
            raise CorruptError(f"{label}: its file ended while it was read")
        return numbers.reshape(dims)

    def _number(self, text: str, label: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise CorruptError(f"{label} must have an offset and a length >= 0, got {_quoted(text)}")
        return int(text)
