"""The two figures of RESULTS.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.ticker import MaxNLocator, NullFormatter, NullLocator  # noqa: E402

from .bars import peer_seconds  # noqa: E402
from .growth import curves  # noqa: E402
from .peers import BY_HAND, COMPILED, DOCUMENTED, HOISTED  # noqa: E402
from .rows import Row, Rows  # noqa: E402
from .timing import figures  # noqa: E402

OURS, INK = "#1f5fa8", "#333333"
COLORS = {DOCUMENTED: "#c9c9c9", HOISTED: "#a3a3a3", BY_HAND: "#d8b98a", COMPILED: "#c98f3c"}
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "snn",  # the same rows give the same file
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica", "Arial", "DejaVu Sans"],
    "font.size": 9,
    "axes.edgecolor": "#bbbbbb",
    "axes.titlesize": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.facecolor": "white",
}
NAMES = {"a": "A: 784-1000-10", "b": "B: convolutional", "e": "E: long sequence"}
GROWS = {
    "steps": ("time steps T", "A, train"),
    "hidden": ("hidden neurons N", "A, train"),
    "batch": ("batch", "A, train"),
    "activity": ("share of inputs that spike", "G, n=512, train"),
}


def short(value: float) -> str:
    return f"{value / 1000:.3g} k" if value >= 1000 else f"{value:.3g}"


def best_of_groups(pairs: list[Row]) -> list[Row]:
    """The fastest formulation of each group, the fastest group first."""
    best: dict[str, Row] = {}
    for pair in sorted(pairs, key=peer_seconds):
        best.setdefault(pair["group"], pair)
    return list(best.values())


def bars(axes: Axes, pairs: list[Row]) -> None:
    """Ours and the best of each group, in samples a second."""
    ours = figures([pair["ours"]["samples_per_second"] for pair in pairs])
    names, rates, times, colors = ["snn"], [ours], [""], [OURS]
    for pair in best_of_groups(pairs):
        names.append(f"{pair['library']} {pair['formulation']}\n({pair['group']})")
        rates.append(tuple(pair["theirs"]["samples_per_second"]))
        times.append(f", ratio {pair['ratio']:.1f}")
        colors.append(COLORS[pair["group"]])
    y, middles = range(len(names)), [rate[0] for rate in rates]
    axes.barh(y, middles, color=colors, height=0.68)
    axes.hlines(y, [rate[1] for rate in rates], [rate[2] for rate in rates], color=INK, linewidth=0.8)
    for position, rate in zip(y, rates):
        axes.text(rate[2] + 0.02 * max(middles), position, short(rate[0]) + times[position], va="center", fontsize=8)
    axes.set_yticks(y, names, fontsize=8)
    axes.get_yticklabels()[0].set_fontweight("bold")
    axes.invert_yaxis()
    axes.set_xlim(0, 1.3 * max(rate[2] for rate in rates))
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(lambda value, _: short(value) if value else "0")
    axes.tick_params(length=0)
    axes.spines[["top", "right"]].set_visible(False)


def throughput(rows: Rows, path: Path) -> bool:
    """A, B and E, training and inference. False where nothing was measured."""
    panels = {
        (case, mode): [r for r in rows.of_kind("pair") if (r["case"], r["mode"]) == (case, mode)]
        for case in NAMES
        for mode in ("train", "inference")
    }
    if not any(panels.values()):
        return False
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(len(NAMES), 2, figsize=(10.5, 7.4), layout="constrained")
        for axes, ((case, mode), pairs) in zip(grid.flat, panels.items()):
            if pairs:
                axes.set_title(f"{NAMES[case]}, {mode}", loc="left", fontweight="bold")
                bars(axes, pairs)
            else:
                axes.axis("off")
        threads = next(pairs[0]["ours"]["threads"] for pairs in panels.values() if pairs)
        figure.supxlabel(
            f"samples a second, {threads} threads: median, line from the slowest to the fastest repetition;"
            " ratio: ours, measured beside it, over theirs",
            fontsize=9,
        )
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
    return True


def growth(rows: Rows, path: Path) -> bool:
    """Seconds of a call against each size, on logarithmic axes. False where nothing was measured."""
    found = curves(rows)
    if not found:
        return False
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(2, 2, figsize=(9, 6.4), layout="constrained")
        for axes, (grows, (label, case)) in zip(grid.flat, GROWS.items()):
            curve = found.get(grows)
            if curve is None or curve.exponent is None:
                axes.axis("off")
                continue
            times = [1e3 * seconds for seconds in curve.seconds]
            axes.loglog(curve.sizes, times, "o-", color=OURS, markersize=4, linewidth=1.4, label="measured")
            ideal = [times[-1] * size / curve.sizes[-1] for size in curve.sizes]
            axes.loglog(curve.sizes, ideal, "--", color="#999999", linewidth=1, label="linear, through the last point")
            axes.set_title(f"{case}: exponent {curve.exponent:.2f}", loc="left", fontweight="bold")
            axes.set_xlabel(label)
            axes.set_ylabel("ms a call")
            axes.grid(which="major", color="#e8e8e8", linewidth=0.7)
            axes.spines[["top", "right"]].set_visible(False)
            axes.legend(frameon=False, fontsize=8, loc="upper left")
            axes.set_ylim(min(times) / 2, max(times) * 4)
            axes.set_xticks(curve.sizes, [f"{size:g}" for size in curve.sizes])
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.xaxis.set_minor_locator(NullLocator())
            axes.yaxis.set_minor_formatter(NullFormatter())
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
    return True
