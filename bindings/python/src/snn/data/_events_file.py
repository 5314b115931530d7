"""The file of recorded events that recipes read (docs/recipes.md, «Events»)."""

from __future__ import annotations

import os
import pathlib
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._errors import ParameterError, ShapeError


@dataclass(frozen=True)
class EventSplit:
    """The samples of a split: sample i has the events `offsets[i]` up to, not including, `offsets[i + 1]`."""

    times: NDArray[np.int32]
    """Microseconds since the sample began, [events]."""
    units: NDArray[np.int32]
    """The neuron of each event, [events]."""
    offsets: NDArray[np.int64]
    """[samples + 1]."""
    labels: NDArray[np.int32]
    """[samples], from 0."""

    @classmethod
    def join(cls, samples: Iterable[tuple[ArrayLike, ArrayLike, int]]) -> EventSplit:
        """From one (times in microseconds, units, label) a sample; times are rounded to whole microseconds."""
        times: list[NDArray[np.int32]] = []
        units: list[NDArray[np.int32]] = []
        labels: list[int] = []
        for number, (sample_times, sample_units, label) in enumerate(samples):
            rounded = np.rint(np.asarray(sample_times, np.float64))
            neurons = np.asarray(sample_units, np.int64)
            if rounded.ndim != 1 or rounded.shape != neurons.shape:
                raise ShapeError(
                    f"sample {number} must have times [events] and units [events], "
                    f"got {rounded.shape} and {neurons.shape}"
                )
            if rounded.size:
                # A comparison with NaN is false.
                if not (rounded.min() >= 0 and rounded.max() <= np.iinfo(np.int32).max):
                    wrong = rounded[~((rounded >= 0) & (rounded <= np.iinfo(np.int32).max))][0]
                    raise ParameterError(f"times must be 0 ... 2147483647 us, got {wrong:g} in sample {number}")
                if not (neurons.min() >= 0 and neurons.max() <= np.iinfo(np.int32).max):
                    raise ParameterError(f"units must be >= 0, got {neurons.min()} ... {neurons.max()}")
            times.append(rounded.astype(np.int32))
            units.append(neurons.astype(np.int32))
            labels.append(int(label))
        none = np.empty(0, np.int32)
        return cls(
            np.concatenate([*times, none]),
            np.concatenate([*units, none]),
            np.cumsum([0, *(part.size for part in times)], dtype=np.int64),
            np.asarray(labels, np.int32),
        )

    def __len__(self) -> int:
        """Samples."""
        return self.labels.size


def write_events(path: str | os.PathLike[str], shape: Sequence[int], splits: Mapping[str, EventSplit]) -> None:
    """Writes the splits "train" and "test"; the file gets its name only when it is whole.

    shape: (neurons,), or (polarities, height, width) where neurons are numbered in this order.
    Errors: ShapeError and ParameterError for what a reader would refuse, OSError.
    """
    if len(shape) not in (1, 3) or min(shape) < 1:
        raise ShapeError(f"shape must be (neurons,) or (polarities, height, width), each >= 1, got {tuple(shape)}")
    if sorted(splits) != ["test", "train"]:
        raise ParameterError(f"splits must be train and test, got {', '.join(sorted(splits)) or 'none'}")
    neurons = int(np.prod(shape))
    arrays: dict[str, NDArray[np.int32] | NDArray[np.int64]] = {"shape": np.asarray(shape, np.int32)}
    for name, split in splits.items():
        if not len(split):
            raise ShapeError(f"the split {name} must have at least 1 sample, got 0")
        if split.units.size and split.units.max() >= neurons:
            raise ParameterError(f"units must be below the {neurons} of the shape, got {split.units.max()} in {name}")
        arrays |= {
            f"{name}_times": split.times,
            f"{name}_units": split.units,
            f"{name}_offsets": split.offsets,
            f"{name}_labels": split.labels,
        }
    place = pathlib.Path(path)
    if place.suffix != ".npz":
        raise ParameterError(f"the file must be named *.npz, got {place}")
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=place.parent, suffix=".part", delete=False) as part:
        try:
            np.savez_compressed(part, **arrays)  # type: ignore[arg-type]
            part.flush()
            os.fsync(part.fileno())
            os.chmod(part.name, 0o644)
            os.replace(part.name, place)
        except BaseException:
            os.unlink(part.name)
            raise


def default_path(name: str) -> pathlib.Path:
    """Where recipes look for set `name`: in `$SNN_DATA`, else in the user's own data folder."""
    chosen = os.environ.get("SNN_DATA")
    if chosen:
        return pathlib.Path(chosen) / name / "events.npz"
    share = os.environ.get("XDG_DATA_HOME", "")
    base = pathlib.Path(share) if share.startswith("/") else pathlib.Path.home() / ".local" / "share"
    return base / "snn" / "data" / name / "events.npz"
