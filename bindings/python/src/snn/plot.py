"""Pictures, with matplotlib (`pip install snn[plot]`), which is imported at the first call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ._conversion import ConversionReport
from ._dataset import Dataset, as_dataset
from ._errors import StateError
from ._events import Inputs
from ._network import Network
from ._recording import Recording

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def raster(recording: Recording, nodes: Sequence[str] | None = None, *, sample: int = 0, **marker: Any) -> Figure:
    """A dot for every spike: time steps to the right, the neurons of each node upwards, one panel a node.

    `marker` goes to matplotlib's `scatter`.
    """
    import matplotlib.pyplot as plt

    names = list(recording.nodes if nodes is None else nodes)
    figure, panels = plt.subplots(
        len(names), 1, sharex=True, squeeze=False, figsize=(7, 1 + 1.8 * len(names)), layout="constrained"
    )
    for panel, name in zip(panels[:, 0], names):
        spikes = recording.spikes(name)[:, sample]
        steps, neurons = spikes.nonzero()
        panel.scatter(steps, neurons, **{"s": 6, "marker": "|", "color": "black", **marker})
        panel.set(ylabel=name, xlim=(-0.5, spikes.shape[0] - 0.5), ylim=(-0.5, spikes.shape[1] - 0.5))
    panels[-1, 0].set_xlabel("step")
    panels[-1, 0].xaxis.get_major_locator().set_params(integer=True)
    return figure


def spike_time_histogram(network: Network, x: Inputs, *, bins: int = 60, **bar: Any) -> Figure:
    """When the neurons of a network of spike times fire on `x`: one panel a layer, over the layer's window.

        network, test = snn.Network.load("digits.snn"), snn.Dataset.open("digits", "test")
        snn.plot.spike_time_histogram(network, test[:][0]).savefig("times.png")

    Every panel tells the share of neurons that stay silent, over all samples. `bar` goes to matplotlib's `stairs`.
    """
    import matplotlib.pyplot as plt

    times = network.predict(x, "spike_times")
    tensors = network.tensors
    # A layer that has a window spikes in it, and windows follow one another after the input's, 1 long.
    layers = [node for node in network.nodes if f"{node.name}.window" in tensors]
    figure, panels = plt.subplots(
        len(layers), 1, squeeze=False, figsize=(7, 1 + 2.2 * len(layers)), layout="constrained"
    )
    start, first = 1.0, 0
    for panel, node in zip(panels[:, 0], layers):
        its = times[:, first : first + node.neurons]
        end = start + float(tensors[f"{node.name}.window"][0])
        fired = its[np.isfinite(its)]
        if fired.size:
            # Jitter of all times leads beyond the window, too.
            around = (min(start, float(fired.min())), max(end, float(fired.max())))
            counts, edges = np.histogram(fired, bins, around)
            panel.stairs(100 * counts / its.size, edges, **{"fill": True, "color": "black", **bar})
            panel.set_xlim(around)
        else:
            panel.set_xlim(start, end)
        panel.set_title(f"{node.name}: {100 - 100 * fired.size / its.size:.1f} % silent", loc="left", fontsize="medium")
        panel.set_ylabel("neurons [%]")
        start, first = end, first + node.neurons
    panels[-1, 0].set_xlabel("time [τ], over the window of each layer")
    return figure


def disturbances(
    network: Network,
    data: Dataset | Inputs,
    y: ArrayLike | None = None,
    *,
    jitter: Sequence[float] = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
    time_bits: Sequence[int] = (1, 2, 3, 4, 5, 6, 8, 10),
    weight_bits: Sequence[int] = (2, 3, 4, 5, 6, 8),
    windows: Sequence[float] | None = None,
    **line: Any,
) -> Figure:
    """The accuracy of a network of spike times when its hardware is less than ideal, without further training: four
    panels, for noise on spike times, clocks, rounded weights and shorter windows.

        network, test = snn.Network.load("digits.snn"), snn.Dataset.open("digits", "test")
        snn.plot.disturbances(network, test).savefig("disturbances.png")

    jitter: standard deviations. time_bits: bits of a clock over each window. weight_bits: bits over the range of each
    layer's own weights. windows: lengths of all windows, in which a spike that would come before fires at the
    beginning; without them halvings of the longest window. `line` goes to matplotlib's `plot`.
    """
    import matplotlib.pyplot as plt

    tensors = network.tensors
    own = [float(tensor[0]) for name, tensor in tensors.items() if name.endswith(".window")]
    if not own:
        raise StateError("disturbances are those of a network of spike times: no layer has a window")
    if windows is None:
        windows = [max(own) / 2**halvings for halvings in range(7, -1, -1)]
    ranges = {
        name.removesuffix("weight") + "connection.weight_range": float(np.abs(tensor).max()) or 1.0
        for name, tensor in tensors.items()
        if name.endswith(".weight")
    }
    samples = as_dataset(data, y, network.outputs, network._window)

    def accuracy(changes: Mapping[str, Any]) -> float:
        with network.changed(changes) as other:
            return 100 * float(other.evaluate(samples)["accuracy"])

    clean = accuracy({})
    kinds: list[tuple[str, Sequence[float], Callable[[Any], dict[str, Any]]]] = [
        ("jitter of spike times [τ]", jitter, lambda it: {"*.neuron.jitter": it}),
        ("bits of spike times", time_bits, lambda it: {"*.neuron.time_bits": it}),
        ("bits of weights", weight_bits, lambda it: {"*.connection.weight_bits": it, **ranges}),
        ("length of windows [τ]", windows, lambda it: {"*.window": it, "*.neuron.early": "clamp"}),
    ]
    figure, panels = plt.subplots(1, 4, sharey=True, figsize=(11, 3.2), layout="constrained")
    for panel, (what, values, changes) in zip(panels, kinds):
        panel.axhline(clean, color="gray", linestyle="--", linewidth=1, label=f"undisturbed, {clean:.2f} %")
        reached = [accuracy(changes(value)) for value in values]
        panel.plot(values, reached, **{"color": "black", "marker": "o", "markersize": 4, **line})
        panel.set_xlabel(what)
        if "bits" in what:
            panel.set_xticks(values)
        else:
            panel.set_xscale("log")
            panel.xaxis.set_major_formatter("{x:g}")
    panels[0].set_ylabel("accuracy [%]")
    panels[0].legend(loc="lower left")
    return figure


def decisions(network: Network, x: Inputs, *, bins: int = 60, **bar: Any) -> Figure:
    """How early a network of spike times is certain of its answer to each sample of `x`: the first moment at which no
    later spike can change the winner, as share of the time at which the output is read.

        network, test = snn.Network.load("digits.snn"), snn.Dataset.open("digits", "test")
        snn.plot.decisions(network, test[:][0]).savefig("decisions.png")

    Mean and median are marked. `bar` goes to matplotlib's `stairs`.
    """
    import matplotlib.pyplot as plt

    results = network.predict(x, ["decision_time", "latency"])
    shares = 100 * (results["decision_time"] / results["latency"])[:, 0].astype(np.float64)
    figure, panel = plt.subplots(figsize=(7, 3.2), layout="constrained")
    counts, edges = np.histogram(shares, bins, (min(float(shares.min()), 99), 100))
    panel.stairs(100 * counts / shares.size, edges, **{"fill": True, "color": "silver", **bar})
    for name, value, look in [("mean", shares.mean(), "k-"), ("median", np.median(shares), "r--")]:
        panel.plot([value, value], [0, 1], look, transform=panel.get_xaxis_transform(), label=f"{name} {value:.1f} %")
    panel.set(xlabel="decision time / latency [%]", ylabel="samples [%]", xlim=(edges[0], edges[-1]))
    panel.legend(loc="upper left")
    return figure


def conversion(report: ConversionReport | Network, **line: Any) -> Figure:
    """What a conversion to spikes cost: accuracy and spikes over the steps of a window, and what the error of every layer is
    made of. `report` is that of `Network.convert`, or the network that it made.

        network, train = snn.Network.load("analog.snn"), snn.Dataset.open("digits", "train")
        snn.plot.conversion(network.convert("fs", train)).savefig("conversion.png")

    The analog network's accuracy and the steps that are enough are marked. Spike times have no steps, and so no first
    panel. `line` goes to matplotlib's `plot`.
    """
    import matplotlib.pyplot as plt

    found = report.conversion if isinstance(report, Network) else report
    height = 1.5 + 0.28 * len(found.layers)
    figure, panels = plt.subplots(
        2 if found.curve else 1,
        1,
        squeeze=False,
        figsize=(7, height + (3.2 if found.curve else 0)),
        height_ratios=[3.2, height] if found.curve else [1],
        layout="constrained",
    )
    if found.curve:
        _curve(panels[0, 0], found, line)
    panel = panels[-1, 0]
    rows, start = np.arange(len(found.layers)), np.zeros(len(found.layers))
    for what, color in [("inherited", "silver"), ("clipping", "#c8553d"), ("rounding", "#5b7db1")]:
        share = np.array([100 * getattr(layer, f"{what}_error") for layer in found.layers])
        panel.barh(rows, share, left=start, color=color, label=what)
        start += share
    panel.set_yticks(rows, [layer.name for layer in found.layers])
    panel.invert_yaxis()
    panel.set_xlabel("mean square error of a layer [% of the analog layer's mean square]")
    panel.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    return figure


def _curve(panel: Any, report: ConversionReport, line: Mapping[str, Any]) -> None:
    """Accuracy on the left axis, spikes on the right one."""
    steps = [point.steps for point in report.curve]
    panel.axhline(100 * report.accuracy_analog, color="gray", linestyle="--", linewidth=1, label="analog")
    if report.enough_steps is not None:
        panel.axvline(
            report.enough_steps, color="gray", linestyle=":", linewidth=1, label=f"enough: {report.enough_steps} steps"
        )
    panel.plot(
        steps, [100 * point.accuracy for point in report.curve], **{"color": "#2b7a78", "label": "converted", **line}
    )
    panel.set(xlabel="steps of a window", ylabel="accuracy [%]")
    if len(steps) > 32:
        panel.set_xscale("log", base=2)
        panel.xaxis.set_major_formatter("{x:g}")
    panel.legend(frameon=False, loc="lower right")
    right = panel.twinx()
    right.plot(steps, [point.spikes_per_neuron for point in report.curve], color="#d97528")
    right.set_ylabel("spikes a neuron", color="#d97528")
    right.set_ylim(0)
