"""Spiking Heidelberg digits: spoken digits as spikes of a model of the inner ear, in HDF5 files."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._errors import CorruptError, DataMissingError
from ._events_file import EventSplit, write_events

CHANNELS = 700
"""Neurons of the recordings."""
CLASSES = 20
"""The digits 0 to 9 in English, then in German."""


def import_shd(directory: str | os.PathLike[str], out: str | os.PathLike[str]) -> dict[str, EventSplit]:
    """Reads `shd_train.h5` and `shd_test.h5` of `directory` and writes them as a set of events.

    The files hold `spikes/times` (seconds) and `spikes/units` (0 ... 699), one list a sample, and `labels` (0 ... 19).
    Errors: ImportError without h5py; DataMissingError, CorruptError, and those of `write_events`.
    Source: B. Cramer, Y. Stradmann, J. Schemmel, F. Zenke, IEEE TNNLS 33, 2022.
    """
    try:
        import h5py
    except ImportError as problem:
        raise ImportError(
            "reading shd needs the package h5py, which is not installed: pip install h5py, or pip install 'snn[shd]'"
        ) from problem
    paths = {split: pathlib.Path(directory) / f"shd_{split}.h5" for split in ("train", "test")}
    missing = [path.name for path in paths.values() if not path.is_file()]
    if missing:
        raise DataMissingError(f"'{directory}' must hold shd_train.h5 and shd_test.h5, missing: {', '.join(missing)}")
    splits = {}
    for split, path in paths.items():
        try:
            file = h5py.File(path, "r")
        except OSError as problem:
            raise CorruptError(f"'{path}' must be an HDF5 file: {problem}") from problem
        with file:
            splits[split] = EventSplit.join(_samples(file, path))
    write_events(out, (CHANNELS,), splits)
    return splits


def _samples(file: Any, path: pathlib.Path) -> Iterator[tuple[NDArray[np.float64], NDArray[np.int64], int]]:
    """One (times in microseconds, units, label) a sample."""
    absent = [name for name in ("spikes/times", "spikes/units", "labels") if name not in file]
    if absent:
        raise CorruptError(f"'{path}' must hold spikes/times, spikes/units and labels, missing: {', '.join(absent)}")
    times, units, labels = file["spikes/times"], file["spikes/units"], file["labels"]
    if not len(times) == len(units) == len(labels) > 0:
        raise CorruptError(
            f"'{path}' must have times, units and labels of one number of samples, "
            f"got {len(times)}, {len(units)} and {len(labels)}"
        )
    for number, (seconds, neurons, label) in enumerate(zip(times, units, labels)):
        chosen = np.asarray(neurons, np.int64)
        if chosen.size and not 0 <= chosen.min() <= chosen.max() < CHANNELS:
            raise CorruptError(
                f"'{path}' must have units 0 ... {CHANNELS - 1}, "
                f"got {chosen.min()} ... {chosen.max()} in sample {number}"
            )
        if not 0 <= label < CLASSES:
            raise CorruptError(f"'{path}' must have labels 0 ... {CLASSES - 1}, got {label} in sample {number}")
        # Half precision holds no microseconds: widened first.
        yield np.asarray(seconds, np.float64) * 1e6, chosen, int(label)
