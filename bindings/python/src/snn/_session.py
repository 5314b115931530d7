"""Streaming."""

from __future__ import annotations

import ctypes

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._convert import floats, pointer, string
from ._handle import Handle, Owner
from ._library import lib


class Session(Handle):
    """The same network one time step at a time, for `batch` independent streams; made by `Network.session`.

    After as many steps as the network's window has, the scores equal those of `Network.predict` to the bit. A session
    holds a copy of the weights as they were when it was created.
    """

    _noun = "session"

    def __init__(self, out: ctypes.c_void_p, batch: int, outputs: int, neurons: dict[str, int]) -> None:
        self._owner = Owner(out.value, lib.snn_session_free)
        self._batch = batch
        self._outputs = outputs
        self._neurons = neurons

    @property
    def batch(self) -> int:
        """Independent streams."""
        return self._batch

    @property
    def steps(self) -> int:
        """Steps since the start or the newest reset."""
        steps = ctypes.c_uint64()
        self._call(lib.snn_session_steps, ctypes.byref(steps))
        return steps.value

    def step(self, x: ArrayLike | None = None) -> None:
        """Advances every stream by one step with inputs [batch, inputs of one step]; None repeats those of the step
        before."""
        if x is None:
            self._call(lib.snn_session_step, None, 0)
        else:
            inputs = floats(x)
            self._call(lib.snn_session_step, pointer(inputs), inputs.size)

    def scores(self) -> NDArray[np.float32]:
        """The scores [batch, outputs] after the steps so far."""
        result = np.empty((self._batch, self._outputs), np.float32)
        self._call(lib.snn_session_scores, pointer(result), result.size)
        return result

    def output(self, node: str) -> NDArray[np.float32]:
        """What `node` sent in the newest step [batch, neurons]."""
        # An unknown name has no size; the library's sentence lists those it knows.
        result = np.empty((self._batch, self._neurons.get(node, 0)), np.float32)
        self._call(lib.snn_session_output, string(node, "node"), pointer(result), result.size)
        return result

    def reset(self) -> None:
        """Back to rest, step 0."""
        self._call(lib.snn_session_reset)

    def __repr__(self) -> str:
        return "<snn.Session: closed>" if self.closed else f"<snn.Session: {self._batch} streams at step {self.steps}>"
