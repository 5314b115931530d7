"""Whole experiments."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from typing import Any

from ._convert import document, given, string
from ._library import lib
from ._network import Network
from ._progress import Callback, watched
from ._report import take_report


def run(
    recipe: str | os.PathLike[str] | Mapping[str, Any],
    *,
    data: str | os.PathLike[str] | None = None,
    epochs: int | None = None,
    threads: int | None = None,
    seed: int | None = None,
    out: str | os.PathLike[str] | None = None,
    resume: str | os.PathLike[str] | None = None,
    memory_budget: int | None = None,
    progress: bool = True,
    callback: Callback | None = None,
) -> tuple[Network, dict[str, Any]]:
    """Runs a recipe: opens the data, trains every stage, evaluates on the test split.

    `recipe` is the name of a shipped one ("digits-lif"), a path, or a document as text or dictionary. The others
    override it; `data` is a folder of data sets, `out` is written after every epoch, `resume` is a checkpoint to go on
    from, `memory_budget` the bytes that training may take (see `Trainer`). Returns the trained network and the report: accuracy, spikes_per_neuron, seconds and more. Ctrl-C leaves the
    last complete epoch in `out`.
    """
    name = document(recipe) if isinstance(recipe, Mapping) else string(recipe, "recipe")
    options = given(data=data, epochs=epochs, threads=threads, out=out, resume=resume, memory_budget=memory_budget)
    if seed is not None:
        # As text, as a double does not hold every 64-bit number.
        options["seed"] = str(seed)
    network, report = ctypes.c_void_p(), ctypes.c_void_p()

    def call(told: Any) -> None:
        lib.snn_recipe_run(name, document(options), told, None, ctypes.byref(network), ctypes.byref(report))

    watched(call, progress, callback)
    return Network._adopted(network, threads or 0), take_report(report)
