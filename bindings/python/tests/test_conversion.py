"""Conversion of analog networks to spikes."""

from __future__ import annotations

import functools
import json
import re
import textwrap

import numpy as np
import pytest
from conftest import assert_same_bits, small_network, weights

import snn


@functools.cache
def analog_network() -> snn.Network:
    """Convolution, batch normalisation, rectified units: two epochs on the digits."""
    network = snn.Network(
        input=(1, 8, 8),
        layers=[
            snn.Conv2d(12, 3, padding=1, neuron="relu.identity", name="conv"),
            {"name": "normed", "connection": "batch_norm", "neuron": "relu"},
            snn.Flatten(),
            snn.Dense(48, neuron=snn.ReLU(), name="hidden"),
            snn.Dense(10, neuron="relu.identity", name="out"),
        ],
        readout="membrane",
        seed=1,
    )
    adam = snn.Optimizer("adam", learning_rate=0.005)
    network.fit(snn.Dataset.open("digits", "train"), epochs=2, batch=32, optimizer=adam, seed=1, progress=False)
    return network


def convert(to: str, data: snn.Dataset, **options) -> snn.Network:
    return analog_network().convert(to, data, **{"report_samples": 300, "progress": False, **options})


@pytest.mark.parametrize(
    ("to", "options", "steps", "loss", "model"),
    [
        ("fs", {"steps": 8}, 8, 0.01, "fs.relu"),
        ("if", {"steps": 64}, 64, 0.01, "lif"),
        ("ttfs", {}, None, 0.003, "ttfs"),
    ],
)
def test_every_target_keeps_the_accuracy_and_reports(to, options, steps, loss, model, train, test):
    network = analog_network()
    before, analog = weights(network), network.evaluate(test)["accuracy"]
    assert analog > 0.93
    spiking = convert(to, train, **options)
    assert_same_bits(weights(network), before)
    assert abs(spiking.evaluate(test)["accuracy"] - analog) <= loss + 1e-9
    assert steps is None or spiking.steps == steps

    report = spiking.conversion
    assert report.samples == 300 and report.allowed_loss == 0.001
    assert report.accuracy_analog > 0.93 and abs(report.accuracy_converted - report.accuracy_analog) <= loss + 1e-9
    assert report.clipping_loss + report.rounding_loss == pytest.approx(
        report.accuracy_analog - report.accuracy_converted, abs=1e-12
    )
    assert [layer.model for layer in report.layers] == [model, model]
    assert report.layers[1].name == "hidden" and [layer.neurons for layer in report.layers] == [12 * 64, 48]
    for layer in report.layers:
        assert 0.99 < layer.correlation <= 1 and 0 <= layer.error < 0.02
        assert layer.range > 0 and 0 <= layer.dead_share < 1 and layer.saturated_share < 0.1
        assert layer.spikes_per_neuron > 0
    # Nothing spikes before the first layer, so all of its error is its own.
    first = report.layers[0]
    assert first.inherited_error == pytest.approx(0, abs=1e-9)
    assert first.clipping_error + first.rounding_error == pytest.approx(first.error, abs=1e-6)


@pytest.mark.parametrize(("to", "steps", "length"), [("fs", 3, 16), ("if", 6, 512)])
def test_the_curve_is_that_of_conversions_to_these_steps(to, steps, length, train):
    # Ranges that are given: those that are chosen depend on the steps.
    report = convert(to, train, margin=1).conversion
    assert [point.steps for point in report.curve] == list(range(1, length + 1))
    x, labels = train[:300]
    short = convert(to, train, margin=1, steps=steps, report_samples=0)
    found = short.evaluate(x, labels)
    point = report.curve[steps - 1]
    assert point.accuracy == pytest.approx(found["accuracy"], abs=1e-12)
    assert point.spikes_per_neuron == pytest.approx(found["spikes_per_neuron"], rel=1e-9)
    # Enough: from there on no longer window loses more, and one step less does.
    least = report.accuracy_analog - report.allowed_loss
    good = [point.accuracy >= least for point in report.curve]
    assert all(good[report.enough_steps - 1 :]) and not good[report.enough_steps - 2]
    assert convert(to, train, margin=1, allowed_loss=0.2).conversion.enough_steps < report.enough_steps


@pytest.mark.parametrize(("to", "steps"), [("fs", 3), ("if", 6)])
def test_chosen_ranges_lose_less_than_those_of_a_longer_window(to, steps, train):
    x, labels = train[:300]
    chosen = convert(to, train, steps=steps, report_samples=0).evaluate(x, labels)
    assert chosen["accuracy"] >= convert(to, train).conversion.curve[steps - 1].accuracy


def test_a_layer_is_measured_as_numpy_does(train):
    # A narrow window, so that something is cut.
    spiking = convert("ttfs", train, percentile=99, margin=1, report_samples=100)
    x = train[:100][0]
    first, second = (float(spiking.tensors[f"{layer.name}.window"][0]) for layer in spiking.conversion.layers)
    analog = analog_network().record(x, ["hidden"], spikes=False, potentials=True).potentials("hidden")[0].astype(float)
    times = spiking.predict(x, "spike_times")[:, 12 * 64 :].astype(float)
    sent = np.where(np.isfinite(times), 1 + first + second - times, 0)
    layer = spiking.conversion.layers[1]
    assert layer.range == second and layer.clipped_share > 0 and layer.clipping_error > 0
    assert layer.error == pytest.approx(((sent - analog) ** 2).sum() / (analog**2).sum(), rel=1e-3)
    assert layer.correlation == pytest.approx(np.corrcoef(sent.ravel(), analog.ravel())[0, 1], abs=1e-6)
    assert layer.spikes_per_neuron == pytest.approx(np.isfinite(times).mean())
    assert layer.dead_share == pytest.approx((~np.isfinite(times)).all(axis=0).mean())


def test_a_page_and_no_report(train, tmp_path):
    page = tmp_path / "page.html"
    assert convert("fs", train, report_samples=50, page=page).conversion.samples == 50
    assert page.read_text().startswith("<!DOCTYPE html>") and "</html>" in page.read_text()
    for without in (analog_network(), convert("fs", train, report_samples=0)):
        with pytest.raises(snn.StateError, match=r"Network\.convert with a report"):
            without.conversion


def test_back_from_spike_times(train, test):
    analog = convert("ttfs", train, report_samples=0).convert("relu", train, progress=False)
    assert analog.evaluate(test)["accuracy"] == analog_network().evaluate(test)["accuracy"]


def test_arrays_seed_and_threads_as_everywhere(train):
    x, labels = train[:200]
    network = analog_network().changed({})
    network.threads = 2
    spiking = network.convert("if", x, labels, steps=16, report_samples=20, progress=False)
    assert spiking.threads == 2 and spiking.seed == network.seed == 1
    assert spiking.conversion.samples == 20
    assert json.loads(spiking.json)["steps"] == 16


def test_a_callback_looks_on_and_stops(train):
    news = []
    convert("fs", train, callback=news.append)
    assert {told.epoch for told in news} == {0, 1}
    assert news[-1].done == news[-1].total == 16 * 300  # the report tries that many windows
    with pytest.raises(snn.Cancelled):
        convert("fs", train, callback=lambda told: told.epoch == 0)


@pytest.mark.parametrize(
    ("to", "options", "kind", "sentence"),
    [
        ("morse", {}, snn.UnknownNameError, "known: fs, if, relu, ttfs"),
        ("fs", {"steps": 0}, snn.ParameterError, "steps must be 1 ... 1048576, got 0"),
        ("fs", {"steps": 2.5}, snn.DocumentError, "steps must be an integer"),
        ("ttfs", {"steps": 4}, snn.ArgumentError, "steps is for fs and if, not for ttfs"),
        ("if", {"shift": 0.5}, snn.ArgumentError, "shift is for fs, not for if"),
        ("fs", {"percentile": float("nan")}, snn.DocumentError, "NaN"),
        ("fs", {"percentile": 101}, snn.ParameterError, "percentile"),
        ("ttfs", {"low": 2, "high": 1}, snn.ParameterError, "high must be > low"),
        ("fs", {"report_samples": -1}, snn.ParameterError, "report_samples must be >= 0"),
        ("fs", {"allowed_loss": 2}, snn.ParameterError, "allowed_loss must be 0 ... 1"),
        ("fs", {"page": "/no/such/folder/page.html"}, snn.FileError, "cannot write"),
        ("fs", {"page": "page.html", "report_samples": 0}, snn.ArgumentError, "page needs a report"),
        ("relu", {}, snn.NotSupportedError, "not to relu: report_samples must be 0"),
        ("relu", {"report_samples": 0}, snn.NotSupportedError, "from the coding ttfs, got constant"),
    ],
)
def test_refusals(to, options, kind, sentence, train):
    with pytest.raises(kind, match=re.escape(sentence)):
        convert(to, train, **options)


def test_clipped_units_bring_their_range(train):
    network = snn.Network(
        input=64,
        layers=[
            snn.Dense(16, neuron={"model": "analog.clip", "low": 0, "high": 2}, name="hidden"),
            snn.Dense(10, neuron="relu.identity", name="out"),
        ],
        readout="membrane",
    )
    (layer,) = network.convert("fs", train, report_samples=20, progress=False).conversion.layers
    assert layer.range == 2 and layer.correlation > 0.99


def test_networks_and_data_that_do_not_fit_are_refused(train):
    with pytest.raises(snn.NotSupportedError):
        small_network().convert("fs", train, progress=False)  # its neurons spike already
    with pytest.raises(snn.ShapeError, match="takes 64 values a sample, the data set has 63"):
        analog_network().convert("fs", train[:5][0][:, :63], [1, 2, 3, 4, 5], progress=False)
    with pytest.raises(snn.ShapeError, match="labels"):
        analog_network().convert("fs", train[:5][0], progress=False)
    closed = analog_network().changed({})
    closed.close()
    with pytest.raises(snn.StateError, match="closed"):
        closed.convert("fs", train)


@pytest.fixture
def pyplot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    yield
    matplotlib.pyplot.close("all")


@pytest.mark.parametrize("to", ["fs", "if", "ttfs"])
def test_the_picture_shows_curve_and_errors(to, train, pyplot):
    spiking = convert(to, train)
    report = spiking.conversion
    figure = snn.plot.conversion(spiking)
    bars = figure.axes[0 if to == "ttfs" else 1]
    stacked = np.array([[bar.get_width() for bar in container] for container in bars.containers])
    errors = [[getattr(layer, f"{what}_error") for layer in report.layers] for what in ("inherited", "clipping", "rounding")]
    assert stacked == pytest.approx(100 * np.array(errors))
    assert [label.get_text() for label in bars.get_yticklabels()] == [layer.name for layer in report.layers]
    if to == "ttfs":
        assert len(figure.axes) == 1
        return
    analog, enough, curve = figure.axes[0].lines
    assert analog.get_ydata()[0] == 100 * report.accuracy_analog
    assert enough.get_xdata()[0] == report.enough_steps
    assert list(curve.get_ydata()) == [100 * point.accuracy for point in report.curve]
    assert list(figure.axes[2].lines[0].get_ydata()) == [point.spikes_per_neuron for point in report.curve]
    assert len(snn.plot.conversion(report, color="red").axes) == 3


def test_the_picture_of_a_conversion_without_steps_that_are_enough(train, pyplot):
    report = convert("fs", train).conversion._replace(enough_steps=None)
    assert len(snn.plot.conversion(report).axes[0].lines) == 2
    with pytest.raises(snn.StateError, match=r"Network\.convert with a report"):
        snn.plot.conversion(analog_network())


def test_the_example_in_the_docstring_runs(tmp_path, monkeypatch, pyplot):
    monkeypatch.chdir(tmp_path)
    analog_network().save("analog.snn")
    example = re.search(r"\n\n(        .*?)\n\n", snn.plot.conversion.__doc__, flags=re.DOTALL)
    exec(textwrap.dedent(example[1]), {"snn": snn})
    assert (tmp_path / "conversion.png").read_bytes().startswith(b"\x89PNG")


def test_more_tolerance_has_fewer_spikes(train, test):
    spikes = [
        convert("fs", train, steps=6, tolerance=tolerance, report_samples=0).evaluate(test)["spikes_per_neuron"]
        for tolerance in (None, 0.003, 0.03)
    ]
    assert spikes[0] > spikes[1] > spikes[2]
    with pytest.raises(snn.ParameterError, match="tolerance must be >= 0 and < 1, got 1"):
        convert("fs", train, tolerance=1)
    with pytest.raises(snn.ArgumentError, match="give one or the other"):
        convert("fs", train, tolerance=0.01, margin=2)


def test_a_price_on_spikes_saves_some(train, test):
    spikes = [
        convert("fs", train, steps=4, spike_price=price, report_samples=0).evaluate(test)["spikes_per_neuron"]
        for price in (None, 0.03, 0.1)
    ]
    assert spikes[0] > spikes[1] > spikes[2]
    with pytest.raises(snn.ParameterError, match="spike_price must be 0 ... 1, got 2"):
        convert("fs", train, steps=4, spike_price=2)
