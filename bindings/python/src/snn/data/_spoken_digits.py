"""The free spoken digit dataset: 3,000 recordings of ten digits by six speakers, as onset and offset events."""

from __future__ import annotations

import io
import lzma
import os
import pathlib
import re
import tarfile
import wave
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .._errors import CorruptError, DataMissingError
from . import _cochlea
from ._events_file import EventSplit, write_events

NAME = re.compile(r"(\d)_([A-Za-z]+)_(\d+)\.wav")
"""<digit>_<speaker>_<take>.wav."""
FIRST_TRAIN_TAKE = 5
"""Takes below are the official test split."""
LARGEST = 1 << 22
"""Bytes that a recording may have; a minute of sound has less."""


def import_spoken_digits(directory: str | os.PathLike[str], out: str | os.PathLike[str]) -> dict[str, EventSplit]:
    """Reads `recordings.tar.xz` or `recordings/*.wav` of `directory` and writes it as a set of events.

    Takes 0 to 4 of every speaker and digit are the test split, the others are for training, as its makers say. Samples go by
    take, speaker and digit, so that the first ones are of all digits. Units are [2, 1, 64]: OFF then ON, low frequencies
    first (`_cochlea.py` has the equations). Errors: DataMissingError, CorruptError, and those of `write_events`.
    Source: Z. Jackson and others, github.com/Jakobovski/free-spoken-digit-dataset, CC BY-SA 4.0.
    """
    recordings: dict[str, dict[tuple[int, str, int], tuple[NDArray[np.float64], NDArray[np.int64], int]]]
    recordings = {"train": {}, "test": {}}
    for name, contents in _files(pathlib.Path(directory)):
        match = NAME.fullmatch(name)
        if not match:
            raise CorruptError(f"a recording must be named <digit>_<speaker>_<take>.wav, got '{name}'")
        digit, speaker, take = int(match[1]), match[2], int(match[3])
        times, units = _cochlea.events(_sound(name, contents))
        split = recordings["train" if take >= FIRST_TRAIN_TAKE else "test"]
        if (take, speaker, digit) in split:
            raise CorruptError(f"'{directory}' must have one recording '{name}', got two")
        split[take, speaker, digit] = (times, units, digit)
    for split_name, split in recordings.items():
        if not split:
            raise DataMissingError(f"'{directory}' must hold recordings of the {split_name} split, got none")
    splits = {name: EventSplit.join(split[key] for key in sorted(split)) for name, split in recordings.items()}
    write_events(out, (2, 1, _cochlea.CHANNELS), splits)
    return splits


def _files(directory: pathlib.Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of each recording; an archive is read in memory."""
    folder, archive = directory / "recordings", directory / "recordings.tar.xz"
    if folder.is_dir():
        for path in sorted(folder.glob("*.wav")):
            yield path.name, path.read_bytes()
    elif archive.is_file():
        try:
            with tarfile.open(archive, "r|xz") as members:
                for member in members:
                    name = pathlib.PurePosixPath(member.name).name
                    if not name.endswith(".wav"):
                        continue
                    if not member.isfile() or member.size > LARGEST:
                        raise CorruptError(f"'{name}' in '{archive}' must be a file of at most {LARGEST} bytes")
                    content = members.extractfile(member)
                    if content:
                        yield name, content.read()
        except (tarfile.TarError, lzma.LZMAError, EOFError) as problem:
            raise CorruptError(f"'{archive}' is damaged: {problem}") from problem
    else:
        raise DataMissingError(f"'{directory}' must hold recordings.tar.xz or the folder recordings with *.wav")


def _sound(name: str, contents: bytes) -> NDArray[np.float64]:
    """Samples in -1 ... 1."""
    try:
        with wave.open(io.BytesIO(contents)) as file:
            form = (file.getnchannels(), 8 * file.getsampwidth(), file.getframerate())
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as problem:
        raise CorruptError(f"'{name}' must be a wav file: {problem}") from problem
    if form != (1, 16, _cochlea.RATE):
        raise CorruptError(f"'{name}' must have 1 channel of 16 bits at {_cochlea.RATE} Hz, got {form}")
    return np.frombuffer(raw[: len(raw) // 2 * 2], "<i2") / 32768
