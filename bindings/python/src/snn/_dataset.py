"""Samples with labels."""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Callable
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._convert import document, floats, labels, pointer, string, unsigned
from ._errors import ShapeError
from ._events import Events, Inputs
from ._handle import Handle, Owner
from ._library import lib


class Dataset(Handle):
    """Samples with labels, ready for `Trainer.fit` and `Network.evaluate`.

    train = snn.Dataset.open("mnist", "train", augment={"crop_padding": 2})
    inputs, label = train[0]      # a row of float32, an int
    inputs, labels = train[:100]  # [100, features], [100]
    """

    _noun = "dataset"

    def __init__(self, x: ArrayLike, y: ArrayLike, classes: int | None = None) -> None:
        """The caller's arrays, not copied where they are C-contiguous float32 and int32: do not change them meanwhile.

        x: [samples, ...]; y: one label a sample, 0..<classes; without `classes` up to the largest label.
        """
        inputs, targets = floats(x), labels(y)
        if inputs.ndim < 2 or targets.ndim != 1 or inputs.shape[0] != targets.shape[0]:
            raise ShapeError(
                "a data set must have inputs [samples, ...] and labels [samples], "
                f"got {inputs.shape} and {targets.shape}"
            )
        if classes is None:
            classes = int(targets.max(initial=0)) + 1
        samples = inputs.shape[0]
        features = math.prod(inputs.shape[1:])
        out = ctypes.c_void_p()
        lib.snn_dataset_from_arrays(
            pointer(inputs), samples, features, pointer(targets), unsigned(classes, "classes"), ctypes.byref(out)
        )
        self._adopt(out, (inputs, targets))

    @classmethod
    def from_arrays(cls, x: ArrayLike, y: ArrayLike, classes: int | None = None) -> Dataset:
        """As the constructor."""
        return cls(x, y, classes)

    @classmethod
    def from_events(
        cls, events: Events, y: ArrayLike, *, steps: int, neurons: int, classes: int | None = None
    ) -> Dataset:
        """Events in `steps` steps of `neurons` neurons, for networks of that window and input; nothing is copied.

        y: one label a sample, 0..<classes; without `classes` up to the largest label. Indexing gives frames of counts.
        """
        targets = labels(y)
        if classes is None:
            classes = int(targets.max(initial=0)) + 1
        owner = events._alive()
        out = ctypes.c_void_p()
        lib.snn_dataset_from_events(
            owner.pointer,
            unsigned(steps, "steps"),
            unsigned(neurons, "neurons"),
            pointer(targets),
            targets.size,
            unsigned(classes, "classes"),
            ctypes.byref(out),
        )
        self = cls.__new__(cls)
        self._adopt(out, (targets, *owner.keeps))
        return self

    @classmethod
    def open(
        cls,
        name: str | os.PathLike[str],
        split: str,
        directory: str | os.PathLike[str] | None = None,
        **preprocessing: Any,
    ) -> Dataset:
        """A named set ("digits", "yin-yang", "mnist", ...) or a FILE.npz; `split` is "train" or "test".

        `directory` holds one folder a set; without it $SNN_DATA, else the folder that `snn data fetch` fills.
        `preprocessing` are the keys of docs/recipes.md: scale, normalize, augment, samples, validation, events. Sets of
        events need the steps of the network that will read them: events={"bin": 1, "steps": 300}.
        """
        out = ctypes.c_void_p()
        lib.snn_dataset_open(
            string(name, "name"),
            string(split, "split"),
            None if directory is None else string(directory, "directory"),
            document(preprocessing) if preprocessing else None,
            ctypes.byref(out),
        )
        self = cls.__new__(cls)
        self._adopt(out, ())
        return self

    def _adopt(self, out: ctypes.c_void_p, keeps: tuple[object, ...]) -> None:
        self._owner = Owner(out.value, lib.snn_dataset_free, keeps=keeps)
        sizes = [ctypes.c_size_t() for _ in range(3)]
        self._call(lib.snn_dataset_sizes, *map(ctypes.byref, sizes))
        self._samples, self._features, self._classes = (size.value for size in sizes)

    @property
    def features(self) -> int:
        """Values of one sample."""
        return self._features

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return self._classes

    def __len__(self) -> int:
        return self._samples

    @overload
    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], int]: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[NDArray[np.float32], NDArray[np.int32]]: ...

    def __getitem__(self, index: int | slice) -> tuple[NDArray[np.float32], Any]:
        """A sample (row, label) or a slice of samples (rows, labels), prepared but not augmented; copies."""
        if isinstance(index, slice):
            chosen = range(self._samples)[index]
            inputs = np.empty((len(chosen), self._features), np.float32)
            targets = np.empty(len(chosen), np.int32)
            for position, sample in enumerate(chosen):
                targets[position] = self._read(sample, inputs[position])
            return inputs, targets
        try:
            sample = range(self._samples)[index]
        except IndexError:
            raise IndexError(f"a sample must be below {self._samples}, got {index}") from None
        row = np.empty(self._features, np.float32)
        return row, self._read(sample, row)

    def _read(self, sample: int, row: NDArray[np.float32]) -> int:
        label = ctypes.c_int32()
        self._call(lib.snn_dataset_sample, sample, pointer(row), row.size, ctypes.byref(label))
        return label.value

    def __repr__(self) -> str:
        return f"<snn.Dataset: {self._samples} samples of {self._features} values, {self._classes} classes>"


def as_dataset(
    data: Dataset | Inputs, y: ArrayLike | None, classes: int, window: Callable[[], tuple[int, int]]
) -> Dataset:
    """What `fit` and `evaluate` were given, as a data set; `window` tells the network's steps and neurons of a step."""
    if isinstance(data, Dataset):
        if y is not None:
            raise ShapeError("a data set has its own labels: y must not be given with it")
        return data
    if y is None:
        raise ShapeError("arrays and events need labels: y must be given with them")
    if isinstance(data, Events):
        steps, neurons = window()
        return Dataset.from_events(data, y, steps=steps, neurons=neurons, classes=classes)
    return Dataset(data, y, classes)
