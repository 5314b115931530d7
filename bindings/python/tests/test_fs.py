"""Few-spikes neurons."""

from __future__ import annotations

import numpy as np
import pytest

import snn


def quick(function, **options):
    return snn.fs.fit(function, **{"steps": 6, "moves": 20_000, "progress": False, **options})


def test_a_named_function_is_fitted_and_evaluated_as_the_library_does():
    table = quick("silu", steps=16, moves=200_000, seed=1)
    assert table.mean_squared_error < 1.5e-3
    assert table.steps == 16 and table.resets[-1] == 0 and table.thresholds.dtype == np.float32
    # The library's own measure, computed again: midpoints of 100,000 equal parts.
    x = np.float32(-8 + 20 * (np.arange(100_000) + 0.5) / 100_000)
    error = table(x).astype(float) - x.astype(float) / (1 + np.exp(-x.astype(float)))
    assert np.mean(error**2) == pytest.approx(table.mean_squared_error, rel=1e-6)
    assert np.abs(error).max() == pytest.approx(table.largest_error, rel=1e-6)
    assert table.spikes(x).sum(axis=-1).mean() == pytest.approx(table.spikes_per_input, rel=1e-9)


def test_a_function_of_python():
    table = quick(lambda x: np.maximum(x, 0) ** 2, low=-2, high=3)
    assert table.mean_squared_error < 0.02
    assert abs(table(2.0) - 4) < 0.5
    assert table.neuron["model"] == "fs" and len(table.neuron["amplitudes"]) == 6
    again = quick(lambda x: np.maximum(x, 0) ** 2, low=-2, high=3, threads=1)
    assert np.array_equal(again.thresholds, table.thresholds)
    assert np.array_equal(again.amplitudes, table.amplitudes)


def test_a_weighting_of_python_is_that_of_the_library():
    def density(x):
        return np.exp(-0.5 * x**2)

    own = quick(np.tanh, low=-4, high=4, weighting=density)
    theirs = quick("tanh", low=-4, high=4, weighting="normal")
    assert own.mean_squared_error == pytest.approx(theirs.mean_squared_error, rel=0.5)
    assert quick("tanh", low=-4, high=4, weighting=density).report["low"] == -4


def test_at_least_and_the_price_of_spikes():
    above, at_least = quick("tanh"), quick("tanh", comparison="at_least")
    x = np.linspace(-5, 5, 1001)
    assert np.array_equal(above(x), at_least(x))
    assert quick("tanh", spike_price=0.05).spikes_per_input < above.spikes_per_input


def test_progress_counts_moves_and_stops_the_fit():
    news = []
    quick("tanh", callback=news.append)
    assert news[-1].done == news[-1].total == 20_000 and news[-1].loss > 0
    with pytest.raises(snn.Cancelled):
        quick("tanh", moves=2_000_000, callback=lambda news: True)


@pytest.mark.parametrize(
    ("arguments", "kind", "sentence"),
    [
        ({"function": "swish"}, snn.UnknownNameError, "unknown function 'swish'; known: gelu, relu"),
        ({"function": "silu", "steps": 33}, snn.ParameterError, "steps must be 1 ... 32, got 33"),
        ({"function": "silu", "steps": 0}, snn.SnnError, "must be"),
        ({"function": "silu", "low": 3, "high": 3}, snn.ParameterError, "low must be below high"),
        ({"function": np.log, "low": 1}, snn.ArgumentError, "low and high must be given"),
        ({"function": lambda x: 1 / x, "low": -1, "high": 1}, snn.NotFiniteError, "got inf at x = 0.0"),
        ({"function": lambda x: x[:3], "low": -1, "high": 1}, snn.ArgumentError, "a number an input"),
        ({"function": "silu", "weighting": "gauss"}, snn.UnknownNameError, "known: importance, normal, uniform"),
        ({"function": "silu", "deviation": 2}, snn.ArgumentError, "mean and deviation must come with weighting"),
        ({"function": "silu", "moves": 0}, snn.ParameterError, "moves must be"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_refusals(arguments, kind, sentence):
    with pytest.raises(kind, match=sentence.replace(".", r"\.").replace("(", r"\(")):
        quick(**arguments)


def test_plot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    figure = quick("gelu").plot()
    assert [panel.get_ylabel() for panel in figure.axes] == ["value", "error", "step"]
    matplotlib.pyplot.close("all")
