"""Pictures."""

from __future__ import annotations

import re
import textwrap

import numpy as np
import pytest
from conftest import small_network, timed_digits

import snn


@pytest.fixture(autouse=True)
def pyplot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    yield
    matplotlib.pyplot.close("all")


def drawn(panel) -> np.ndarray:
    """The heights of a histogram."""
    return panel.patches[0].get_data().values


def test_a_raster_has_a_dot_for_every_spike(test):
    recording = small_network().record(test[:3][0])
    figure = snn.plot.raster(recording, sample=2)
    assert [panel.get_ylabel() for panel in figure.axes] == ["hidden", "out"]
    for panel, name in zip(figure.axes, ["hidden", "out"]):
        dots = panel.collections[0].get_offsets()
        spikes = recording.spikes(name)[:, 2]
        assert len(dots) == np.count_nonzero(spikes)
        assert all(spikes[int(step), int(neuron)] for step, neuron in dots)
    assert len(snn.plot.raster(recording, ["out"]).axes) == 1


def test_spike_times_fill_the_windows(test):
    network, x = timed_digits(layers=2), test[:][0]
    first, second = snn.plot.spike_time_histogram(network, x, bins=40).axes
    times = network.predict(x, "spike_times")
    lengths = [float(network.tensors[f"hidden{layer}.window"][0]) for layer in (1, 2)]
    assert first.get_xlim() == pytest.approx((1, 1 + lengths[0]))
    assert second.get_xlim() == pytest.approx((1 + lengths[0], 1 + sum(lengths)))
    for panel, name, its in [(first, "hidden1", times[:, :48]), (second, "hidden2", times[:, 48:])]:
        silent = 100 * np.isinf(its).mean()
        assert panel.get_title("left") == f"{name}: {silent:.1f} % silent"
        assert len(drawn(panel)) == 40 and drawn(panel).sum() + silent == pytest.approx(100)
    wide = snn.plot.spike_time_histogram(network.changed({"*.neuron.jitter": 2, "*.neuron.jitter_of": "all"}), x)
    assert wide.axes[0].get_xlim()[1] > 1 + lengths[0]
    network.tensors["hidden1.bias"][:] = -1e6
    assert snn.plot.spike_time_histogram(network, x).axes[0].get_title("left") == "hidden1: 100.0 % silent"


def test_disturbances_are_those_of_changed_networks(test):
    network = timed_digits()
    x, y = test[:]
    figure = snn.plot.disturbances(network, x, y, jitter=[0.5, 4], time_bits=[2], weight_bits=[3], windows=[0.5, 1])
    clean = 100 * network.evaluate(test)["accuracy"]
    limit = {"*.connection.weight_bits": 3}
    for name in ("hidden", "out"):
        limit[f"{name}.connection.weight_range"] = float(np.abs(network.tensors[f"{name}.weight"]).max())
    changes = [
        [{"*.neuron.jitter": 0.5}, {"*.neuron.jitter": 4}],
        [{"*.neuron.time_bits": 2}],
        [limit],
        [{"hidden.window": 0.5}, {"hidden.window": 1}],
    ]
    assert len({panel.get_ylim() for panel in figure.axes}) == 1
    for panel, these in zip(figure.axes, changes, strict=True):
        straight, curve = panel.lines
        assert list(straight.get_ydata()) == [clean, clean]
        assert list(curve.get_ydata()) == [100 * network.changed(change).evaluate(test)["accuracy"] for change in these]
    assert list(figure.axes[3].lines[1].get_xdata()) == [0.5, 1]
    assert figure.axes[0].get_legend().get_texts()[0].get_text() == f"undisturbed, {clean:.2f} %"
    halved = snn.plot.disturbances(network, test, jitter=[1], time_bits=[8], weight_bits=[8]).axes[3].lines[1]
    assert halved.get_xdata()[-1] == network.tensors["hidden.window"][0] and halved.get_ydata()[-1] == clean


def test_decisions_have_mean_and_median(test):
    network, x = timed_digits(), test[:][0]
    (panel,) = snn.plot.decisions(network, x, bins=30, color="blue").axes
    results = network.predict(x, ["decision_time", "latency"])
    shares = 100 * results["decision_time"] / results["latency"]
    assert [line.get_xdata()[0] for line in panel.lines] == pytest.approx([shares.mean(), np.median(shares)])
    assert len(drawn(panel)) == 30 and drawn(panel).sum() == pytest.approx(100)
    assert panel.get_xlim() == pytest.approx((shares.min(), 100))


def test_networks_without_spike_times_are_refused(network, test):
    for draw in [snn.plot.spike_time_histogram, snn.plot.decisions]:
        with pytest.raises(snn.NotSupportedError, match="networks of spike times"):
            draw(network, test[:2][0])
    with pytest.raises(snn.StateError, match="no layer has a window"):
        snn.plot.disturbances(network, test)


@pytest.mark.parametrize("name", ["spike_time_histogram", "disturbances", "decisions"])
def test_the_examples_in_the_docstrings_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    timed_digits().save("digits.snn")
    example = re.search(r"\n\n(        .*?)\n\n", getattr(snn.plot, name).__doc__, flags=re.DOTALL)
    exec(textwrap.dedent(example[1]), {"snn": snn})
    (picture,) = tmp_path.glob("*.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
