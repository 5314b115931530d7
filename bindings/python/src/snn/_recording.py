"""What a network did during one window."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ._convert import string
from ._handle import Handle, Owner, view
from ._library import lib


class Recording(Handle):
    """What `Network.record` saw, as read-only views [steps, batch, neurons] that keep the recording alive."""

    _noun = "recording"

    def __init__(self, out: ctypes.c_void_p, nodes: Sequence[str]) -> None:
        self._owner = Owner(out.value, lib.snn_recording_free)
        self._nodes = tuple(nodes)

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes that were recorded."""
        return self._nodes

    def spikes(self, node: str) -> NDArray[np.int16]:
        """What `node` sent: signed counts, multiplied by `scale(node)` on arrival."""
        counts = ctypes.POINTER(ctypes.c_int16)()
        shape = ctypes.POINTER(ctypes.c_int64)()
        name = string(node, "node")
        self._call(lib.snn_recording_spikes, name, ctypes.byref(counts), None, ctypes.byref(shape))
        return view(self._alive(), ctypes.addressof(counts.contents), shape[:3], np.int16)

    def scale(self, node: str) -> float:
        """What one count of `node` is worth."""
        scale = ctypes.c_float()
        self._call(lib.snn_recording_spikes, string(node, "node"), None, ctypes.byref(scale), None)
        return scale.value

    def potentials(self, node: str) -> NDArray[np.float32]:
        """Membrane potentials of `node` after charge and before reset; of analog nodes the values they sent."""
        values = ctypes.POINTER(ctypes.c_float)()
        shape = ctypes.POINTER(ctypes.c_int64)()
        name = string(node, "node")
        self._call(lib.snn_recording_potentials, name, ctypes.byref(values), ctypes.byref(shape))
        return view(self._alive(), ctypes.addressof(values.contents), shape[:3], np.float32)

    def __repr__(self) -> str:
        return f"<snn.Recording of {', '.join(self._nodes)}>"
