"""Pictures."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import small_network

import snn


def test_a_raster_has_a_dot_for_every_spike(test):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    recording = small_network().record(test[:3][0])
    figure = snn.plot.raster(recording, sample=2)
    assert [panel.get_ylabel() for panel in figure.axes] == ["hidden", "out"]
    for panel, name in zip(figure.axes, ["hidden", "out"]):
        dots = panel.collections[0].get_offsets()
        spikes = recording.spikes(name)[:, 2]
        assert len(dots) == np.count_nonzero(spikes)
        assert all(spikes[int(step), int(neuron)] for step, neuron in dots)
    assert len(snn.plot.raster(recording, ["out"]).axes) == 1
