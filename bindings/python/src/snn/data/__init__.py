"""Sets of events that need Python to be read: they become files that recipes read.

    python -m snn.data import shd DIR                       # spiking Heidelberg digits, needs h5py
    python -m snn.data import spoken-digits DIR             # free spoken digit dataset, as onset and offset events

    snn.data.import_shd("downloads", "events.npz")
    train = snn.Dataset.open("events.npz", "train", events={"bin": 2, "steps": 500})

Without `--out` the file goes where the set's name finds it: `<data folder>/<set>/events.npz`. docs/recipes.md tells what is in
it, so any recording becomes a set by `write_events`.
"""

from __future__ import annotations

from ._events_file import EventSplit, default_path, write_events
from ._shd import import_shd
from ._spoken_digits import import_spoken_digits

__all__ = ["EventSplit", "default_path", "import_shd", "import_spoken_digits", "write_events"]
