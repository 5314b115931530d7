"""Few-spikes neurons: the table of steps that stands for an activation function.

    table = snn.fs.fit("gelu", steps=12)
    table = snn.fs.fit(lambda x: np.maximum(x, 0) ** 2, steps=10, low=-2, high=4)
    print(table.mean_squared_error, table.spikes_per_input)
    table.plot()

A table goes into a network as `table.neuron`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from math import erf
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ._convert import document, given, pointer, unsigned
from ._errors import ArgumentError, NotFiniteError
from ._library import lib
from ._progress import Callback, watched
from ._report import take_report

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Function = Callable[[NDArray[np.float64]], Any]
"""From an array of inputs to an array of the same shape."""

POINTS = 20_001
"""Inputs at which a Python function is asked; between them it is taken as straight."""

__all__ = ["Function", "StepTable", "fit"]


@dataclass(frozen=True)
class StepTable:
    """What a few-spikes neuron does at each of its steps.

        v = x;  for each step:  z = 1 if v > threshold else 0,  y += amplitude * z,  v -= reset * z

    Made by `fit`. Calling it computes y.
    """

    thresholds: NDArray[np.float32]
    resets: NDArray[np.float32]
    amplitudes: NDArray[np.float32]
    comparison: str
    """"above": v > threshold; "at_least": v >= threshold."""
    report: dict[str, Any]
    """Errors, spikes, interval, seed and seconds of the fit."""
    function: str | Function = field(repr=False, compare=False)
    """What was fitted."""

    @property
    def steps(self) -> int:
        """Steps, K."""
        return len(self.amplitudes)

    @property
    def mean_squared_error(self) -> float:
        """Weighted mean of the squared error over the interval."""
        return float(self.report["mean_squared_error"])

    @property
    def largest_error(self) -> float:
        """The largest error on the interval."""
        return float(self.report["largest_error"])

    @property
    def spikes_per_input(self) -> float:
        """Weighted mean of the number of spikes."""
        return float(self.report["spikes_per_input"])

    @property
    def neuron(self) -> dict[str, Any]:
        """The neuron as a network document takes it."""
        numbers = {name: getattr(self, name).tolist() for name in ("thresholds", "resets", "amplitudes")}
        return {"model": "fs", **numbers, "comparison": self.comparison}

    def spikes(self, x: Any) -> NDArray[np.bool_]:
        """The spikes of each input: the shape of `x`, and a last axis of steps."""
        v = np.array(x, np.float32)
        result = np.empty((*v.shape, self.steps), np.bool_)
        for step in range(self.steps):
            fires = v > self.thresholds[step] if self.comparison == "above" else v >= self.thresholds[step]
            result[..., step] = fires
            v = np.where(fires, v - self.resets[step], v)
        return result

    def __call__(self, x: Any) -> NDArray[np.float32]:
        """What the neuron sends for each input, in float32 and in the order of the steps."""
        spikes = self.spikes(x)
        y = np.zeros(spikes.shape[:-1], np.float32)
        for step in range(self.steps):
            y = np.where(spikes[..., step], y + self.amplitudes[step], y)
        return y

    def plot(self) -> Figure:
        """Function and staircase, the error below, and which steps spike for which input; needs matplotlib."""
        import matplotlib.pyplot as plt

        x = np.linspace(self.report["low"], self.report["high"], 4001)
        y, wanted, spikes = self(x), _values(self.function, x), self.spikes(x)
        figure, panels = plt.subplots(
            3, 1, sharex=True, figsize=(8, 8), height_ratios=[3, 1.3, 1.7], layout="constrained"
        )
        name = self.function if isinstance(self.function, str) else getattr(self.function, "__name__", "function")
        panels[0].plot(x, wanted, color="#d97528", alpha=0.45, linewidth=4, label=name)
        panels[0].plot(x, y, color="#2b7a78", linewidth=1.2, label=f"{self.steps} steps")
        panels[0].legend(frameon=False)
        panels[0].set_ylabel("value")
        panels[1].plot(x, y - wanted, color="#5b7db1", linewidth=0.8)
        panels[1].set_ylabel("error")
        panels[2].imshow(
            spikes.T * np.sign(self.amplitudes)[:, None],
            aspect="auto",
            interpolation="nearest",
            cmap="RdBu",
            vmin=-1.5,
            vmax=1.5,
            extent=(x[0], x[-1], self.steps + 0.5, 0.5),
        )
        panels[2].set_ylabel("step")
        panels[2].set_xlabel("input")
        return figure


def fit(
    function: str | Function,
    steps: int = 12,
    *,
    low: float | None = None,
    high: float | None = None,
    weighting: str | Function = "uniform",
    mean: float | None = None,
    deviation: float | None = None,
    spike_price: float = 0.0,
    comparison: str = "above",
    method: str = "annealing",
    moves: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: bool = True,
    callback: Callback | None = None,
) -> StepTable:
    """Finds the table whose staircase comes closest to `function` on `low` ... `high`.

    `function` is "gelu", "relu", "sigmoid", "silu" or "tanh", which have intervals of their own, or takes an array of
    inputs. `weighting` says how much an input counts: "uniform", "normal" (with `mean` and `deviation`), "importance"
    (the published profile), or a function of the inputs. `spike_price` is what one spike per input costs, in units of
    the mean squared error. `method` is "annealing" or "surrogate", the published trainer. `moves` is the work, by
    default about half a minute on two cores. The same seed gives the same table for any number of threads.
    """
    count = unsigned(steps, "steps", 31)
    options = given(
        mean=mean,
        deviation=deviation,
        spike_price=spike_price,
        comparison=comparison,
        method=method,
        moves=moves,
        threads=threads,
        seed=str(unsigned(seed, "seed")),
    )
    if isinstance(weighting, str):
        options["weighting"] = weighting
    x = y = weights = None
    if isinstance(function, str) and isinstance(weighting, str):
        options |= given(function=function, low=low, high=high)
    else:
        if low is None or high is None:
            raise ArgumentError(f"low and high must be given with a function or a weighting of Python, got {low} and {high}")
        if not (np.isfinite(low) and np.isfinite(high) and low < high):
            raise ArgumentError(f"low must be below high, both finite, got {low} and {high}")
        x = np.linspace(low, high, POINTS)
        y = _values(function, x)
        if not isinstance(weighting, str):
            weights = _values(weighting, x)
    thresholds, resets, amplitudes = (np.empty(count, np.float32) for _ in range(3))
    report = ctypes.c_void_p()

    def call(told: Any) -> None:
        lib.snn_fs_fit(
            document(options),
            *(None if array is None else pointer(array) for array in (x, y, weights)),
            0 if x is None else x.size,
            told,
            None,
            pointer(thresholds),
            pointer(resets),
            pointer(amplitudes),
            count,
            ctypes.byref(report),
        )

    watched(call, progress, callback, unit=" moves", title="fitting")
    return StepTable(thresholds, resets, amplitudes, comparison, take_report(report), function)


def _named(name: str) -> Function:
    if name not in _NAMED:
        raise ArgumentError(f"unknown function '{name}'; known: {', '.join(sorted(_NAMED))}")
    return _NAMED[name]


def _gelu(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([0.5 * number * (1 + erf(number / 2**0.5)) for number in x])


_NAMED: dict[str, Function] = {
    "gelu": _gelu,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "tanh": np.tanh,
}


def _values(function: str | Function, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The function at every x, as C-contiguous float64."""
    if isinstance(function, str):
        function = _named(function)
    if not callable(function):
        raise ArgumentError(f"function must be a name or take an array of inputs, got {function!r}")
    y = np.asarray(function(x))
    if y.shape != x.shape or y.dtype.kind not in "fiub":
        raise ArgumentError(f"function must give a number an input, shape {x.shape}, got {y.dtype} of shape {y.shape}")
    wrong = np.flatnonzero(~np.isfinite(y))
    if wrong.size:
        raise NotFiniteError(f"the function must be finite, got {y[wrong[0]]} at x = {x[wrong[0]]}")
    return np.ascontiguousarray(y, np.float64)
