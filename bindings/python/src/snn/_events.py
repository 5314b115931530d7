"""Samples given as spikes rather than as arrays of values."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from typing import TypeAlias, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._convert import floats, pointer, rows, unsigned_integers
from ._errors import ArgumentError, ParameterError, ShapeError
from ._handle import Handle, Owner
from ._library import lib


class Events(Handle):
    """Samples as the spikes they consist of, for a network whose coding is "events" or "frames".

        events = snn.Events(offsets, steps, neurons)
        scores = network.predict(events)
        trainer.train_batch(events[:128], labels[:128])

    Whatever takes inputs takes them: `predict`, `evaluate`, `record` and `fit` of a network, `fit`, `train_batch` and
    `compute_gradients` of a trainer. Results are those of the frames that the events make up, to the bit.
    """

    _noun = "events"

    def __init__(self, offsets: ArrayLike, steps: ArrayLike, neurons: ArrayLike) -> None:
        """Sample i has the events offsets[i] up to, not including, offsets[i + 1], in any order: spikes in step `steps`
        (from 0) of neuron `neurons`, numbered as the values of a frame are (channels x height x width).

        Events of one neuron in one step add up; with the coding "events" to no more than its largest_count. `steps` and
        `neurons` are not copied where they are C-contiguous uint32: do not change them meanwhile.
        """
        self._open(
            unsigned_integers(offsets, "offsets", np.uint64),
            unsigned_integers(steps, "steps", np.uint32),
            unsigned_integers(neurons, "neurons", np.uint32),
        )

    def _open(self, offsets: NDArray[np.uint64], steps: NDArray[np.uint32], neurons: NDArray[np.uint32]) -> None:
        if offsets.ndim != 1 or steps.ndim != 1 or steps.shape != neurons.shape:
            raise ShapeError(
                "events must have offsets [samples + 1], steps [events] and neurons [events], "
                f"got {offsets.shape}, {steps.shape} and {neurons.shape}"
            )
        out = ctypes.c_void_p()
        lib.snn_events_create(
            pointer(offsets), offsets.size, pointer(steps), pointer(neurons), steps.size, ctypes.byref(out)
        )
        self._owner = Owner(out.value, lib.snn_events_free, keeps=(steps, neurons))
        self._offsets, self._steps, self._neurons = offsets, steps, neurons

    @classmethod
    def from_samples(cls, samples: Iterable[tuple[ArrayLike, ArrayLike]]) -> Events:
        """From one pair (steps, neurons) a sample; joins them, which copies."""
        steps, neurons, ends = [], [], [0]
        for number, sample in enumerate(samples):
            try:
                first, second = sample
            except (TypeError, ValueError):
                raise ArgumentError(f"sample {number} must be a pair (steps, neurons)") from None
            steps.append(unsigned_integers(first, "steps", np.uint32))
            neurons.append(unsigned_integers(second, "neurons", np.uint32))
            if steps[-1].ndim != 1 or steps[-1].shape != neurons[-1].shape:
                raise ShapeError(
                    f"sample {number} must have steps [events] and neurons [events], "
                    f"got {steps[-1].shape} and {neurons[-1].shape}"
                )
            ends.append(ends[-1] + steps[-1].size)
        none = np.empty(0, np.uint32)
        return cls(ends, np.concatenate([*steps, none]), np.concatenate([*neurons, none]))

    @classmethod
    def from_frames(cls, frames: ArrayLike) -> Events:
        """From arrays of how many spikes each neuron has in each step: [steps, neurons] for one sample,
        [samples, steps, ...] for several."""
        counts = np.asarray(frames)
        if counts.dtype != np.bool_:
            counts = floats(frames, "frames")
        if counts.ndim < 2:
            raise ShapeError(f"frames must be [steps, neurons] or [samples, steps, ...], got {counts.shape}")
        if counts.ndim == 2:
            counts = counts[None]
        counts = counts.reshape(*counts.shape[:2], -1)
        sample, step, neuron = np.nonzero(counts)
        found = counts[sample, step, neuron]
        if counts.dtype != np.bool_:
            wrong = ~((found > 0) & (found <= np.iinfo(np.int16).max) & (found == np.floor(found)))
            if wrong.any():
                raise ParameterError(
                    f"frames must hold whole numbers 0 ... {np.iinfo(np.int16).max}, got {found[wrong][0]}"
                )
            times = found.astype(np.int64)
            sample, step, neuron = (np.repeat(places, times) for places in (sample, step, neuron))
        offsets = np.searchsorted(sample, np.arange(len(counts) + 1))
        return cls(offsets, step, neuron)

    @property
    def offsets(self) -> NDArray[np.uint64]:
        """Where the events of each sample begin, [samples + 1]."""
        return self._offsets

    @property
    def steps(self) -> NDArray[np.uint32]:
        """The step of each event."""
        return self._steps

    @property
    def neurons(self) -> NDArray[np.uint32]:
        """The neuron of each event."""
        return self._neurons

    def __len__(self) -> int:
        """Samples."""
        return self._offsets.size - 1

    def __getitem__(self, index: int | slice) -> Events:
        """One sample, or several; without copying events where they follow each other."""
        chosen = range(len(self))[index]
        if isinstance(chosen, int):
            chosen = range(chosen, chosen + 1)
        if not chosen:
            raise ArgumentError(f"events must hold at least one sample, got {index}")
        part = Events.__new__(Events)
        if chosen.step == 1:
            part._open(self._offsets[chosen.start : chosen.stop + 1], self._steps, self._neurons)
        else:
            pieces = [slice(*map(int, self._offsets[place : place + 2])) for place in chosen]
            ends = np.cumsum([0, *(piece.stop - piece.start for piece in pieces)]).astype(np.uint64)
            part._open(
                ends,
                np.concatenate([self._steps[piece] for piece in pieces]),
                np.concatenate([self._neurons[piece] for piece in pieces]),
            )
        return part

    def __repr__(self) -> str:
        count = int(self._offsets[-1] - self._offsets[0])
        return f"<snn.Events: {len(self)} samples, {count} events{', closed' if self.closed else ''}>"


Inputs: TypeAlias = Union[ArrayLike, Events]
"""What goes into a network."""


def arguments(x: Inputs) -> tuple[tuple[object, ...], int, object]:
    """Inputs as the arguments of a call, their batch, and what to hold until the call has returned."""
    if isinstance(x, Events):
        owner = x._alive()
        return (owner.pointer,), len(x), owner
    array, batch = rows(x)
    return (pointer(array), array.size, batch), batch, array
