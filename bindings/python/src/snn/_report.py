"""Reports of long calls."""

from __future__ import annotations

import ctypes
import json
from typing import Any

from ._library import lib, text


def take_text(function: Any, pointer: int | None, *arguments: object) -> str:
    """The text of a function that takes (handle, arguments, buffer, capacity, needed)."""
    needed = ctypes.c_size_t()
    function(pointer, *arguments, None, 0, ctypes.byref(needed))
    buffer = ctypes.create_string_buffer(needed.value)
    function(pointer, *arguments, buffer, needed.value, None)
    return text(buffer.value)


def take_report(pointer: ctypes.c_void_p) -> dict[str, Any]:
    """A report as a dictionary; frees it."""
    try:
        report: dict[str, Any] = json.loads(take_text(lib.snn_report_json, pointer.value))
        return report
    finally:
        lib.snn_report_free(pointer)
