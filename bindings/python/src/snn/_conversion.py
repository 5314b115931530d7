"""What a conversion did: the report of `Network.convert`."""

from __future__ import annotations

import ctypes
import json
from typing import Any, NamedTuple

from . import _declarations as c
from ._library import lib, text
from ._report import take_text


class ConversionLayer(NamedTuple):
    """One layer of spiking neurons. Shares are fractions 0..1; errors are mean squares over samples and neurons, in units
    of the mean square of what the analog layer sends."""

    name: str
    model: str
    """The neuron, "fs.relu"."""
    neurons: int
    range: float
    """The largest value it can send: its range, threshold or window."""
    correlation: float
    """Pearson's, of what it sends with what the analog layer sends."""
    clipped_share: float
    """Values above the range."""
    error: float
    """All of it: what the layer sends, less what the analog layer sends."""
    inherited_error: float
    """What came in with its currents from the layers before it."""
    clipping_error: float
    """What it lost above the range."""
    rounding_error: float
    """What codes, times or rates cannot tell apart."""
    dead_share: float
    """Neurons that never sent anything."""
    saturated_share: float
    """Neurons that were above the range in at least half of the samples."""
    spikes_per_neuron: float
    """Spikes a sample and neuron."""


class ConversionPoint(NamedTuple):
    """What a window of another length gives."""

    steps: int
    accuracy: float
    spikes_per_neuron: float


class ConversionReport(NamedTuple):
    """What a conversion did to every layer, where accuracy went, and how many steps are enough. Accuracies are fractions
    0..1 on the `samples` first samples of the data that `Network.convert` was given."""

    samples: int
    layers: tuple[ConversionLayer, ...]
    accuracy_analog: float
    accuracy_converted: float
    accuracy_clipped: float
    """Of the analog network, cut at what spikes can stand for."""
    clipping_loss: float
    """Points of accuracy that cutting costs."""
    rounding_loss: float
    """Points that rounding and short windows cost beside."""
    allowed_loss: float
    enough_steps: int | None
    """The fewest steps from which on no longer window loses more than `allowed_loss`; None where there are none."""
    curve: tuple[ConversionPoint, ...]
    """Accuracy and spikes by the steps of a window; empty for spike times."""


def take_conversion(pointer: ctypes.c_void_p) -> ConversionReport:
    """The report of snn_network_convert; frees it."""
    try:
        members = json.loads(take_text(lib.snn_report_json, pointer.value))
        layers = tuple(_layer(pointer, index) for index in range(members["layers_count"]))
    finally:
        lib.snn_report_free(pointer)
    names = ("accuracy_analog", "accuracy_converted", "accuracy_clipped", "clipping_loss", "rounding_loss", "allowed_loss")
    return ConversionReport(
        samples=members["samples"],
        layers=layers,
        enough_steps=members.get("enough_steps"),
        curve=tuple(
            ConversionPoint(point["steps"], float(point["accuracy"]), float(point["spikes_per_neuron"]))
            for point in members["curve"]
        ),
        **{name: float(members[name]) for name in names},
    )


def _layer(report: ctypes.c_void_p, index: int) -> ConversionLayer:
    members = c.snn_conversion_layer()
    lib.snn_report_conversion_layer(report, index, ctypes.sizeof(members), ctypes.byref(members))
    values: dict[str, Any] = {name: getattr(members, name) for name in ConversionLayer._fields}
    return ConversionLayer(**{**values, "name": text(members.name), "model": text(members.model)})
