"""Finds libsnn, checks that it is the right one, and declares its functions."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from typing import Any

from . import _declarations as c
from ._errors import LibraryError, ProcessorError, error

_FILE = "libsnn.dylib" if sys.platform == "darwin" else "libsnn.so"
_SYSTEM = f"libsnn.{c.ABI_VERSION}.dylib" if sys.platform == "darwin" else f"libsnn.so.{c.ABI_VERSION}"
_PACKAGE = os.path.dirname(os.path.realpath(__file__))


def _parents(path: str) -> Iterator[str]:
    """The folders above, from the inside out."""
    while (parent := os.path.dirname(path)) != path:
        yield parent
        path = parent


def _places() -> list[tuple[str, str]]:
    """Where the library may be: (why, path), the first that exists is taken."""
    places = [("beside the package", os.path.join(_PACKAGE, "_lib", _FILE))]
    if chosen := os.environ.get("SNN_LIBRARY"):
        return [*places, ("$SNN_LIBRARY", chosen)]
    places += [
        ("source checkout, `make build` puts it there", os.path.join(folder, "build", _FILE))
        for folder in _parents(_PACKAGE)
        if os.path.isfile(os.path.join(folder, "Include", "snn.h"))
    ]
    return [*places, ("system", _SYSTEM)]


def _open() -> tuple[ctypes.CDLL, str]:
    tried = []
    for why, path in _places():
        if os.path.sep in path and not os.path.exists(path):
            tried.append(f"  {path} ({why}): not there")
            continue
        try:
            # CDLL gives the interpreter's lock away during a call, so other Python threads go on.
            return ctypes.CDLL(path), path
        except OSError as problem:
            tried.append(f"  {path} ({why}): {problem}")
    raise LibraryError("libsnn was not found. Tried, in this order:\n" + "\n".join(tried))


def _raise_failure(status: int, _function: Any, _arguments: Any) -> int:
    """Turns the status of a call into an exception; runs on the thread of the call, as the sentence belongs to it."""
    if status != c.SNN_OK:
        raise error(status, last_error())
    return status


def _declare(library: ctypes.CDLL, path: str) -> None:
    for name, (result, arguments, is_status) in c.FUNCTIONS.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise LibraryError(f"{path} must have the function {name}: it is another version of libsnn") from None
        function.restype = result
        function.argtypes = arguments
        if is_status:
            function.errcheck = _raise_failure


def _load() -> tuple[ctypes.CDLL, str]:
    library, path = _open()
    try:
        library.snn_abi_version.restype = ctypes.c_int32
        abi = library.snn_abi_version()
    except AttributeError:
        raise LibraryError(f"{path} is not libsnn: it has no function snn_abi_version") from None
    if abi != c.ABI_VERSION:
        raise LibraryError(f"{path} must have ABI number {c.ABI_VERSION}, got {abi}")
    _declare(library, path)
    return library, path


def last_error() -> str:
    """The sentence of the newest failing call on this thread."""
    return text(lib.snn_last_error())


def text(value: bytes | None) -> str:
    """A C string as Python's."""
    return (value or b"").decode("utf-8", "replace")


lib, path = _load()

if lib.snn_check_processor() != c.SNN_OK:
    raise ProcessorError(last_error())
