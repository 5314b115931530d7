"""The published grid of single-spike layers: this library beside the paper's two formulations in PyTorch, on one processor.

    Tests/Benchmarks/run.sh --single-spike            the grid with three widths; writes SINGLE_SPIKE.md
    Tests/Benchmarks/run.sh --single-spike --whole    every width of the paper, some hours

Hidden layers alone, 1,000 inputs, a trainable decay for every neuron; the gradient of a sum over the output spikes, forward
and backward together, without a step of an optimizer. A sample draws a rate r from U(0, 200), and each input spikes in each step with
the probability that a Poisson number of mean r / T is above 0: nearly all of them in short windows. Two threads each, in turn.
PyTorch runs with the number of threads, one or two, that is faster in the cell; the spikes it gets are dense and lie in memory.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import snn
import torch
from page import table
from single_spike_models import Block, Layer, Sequential, network

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
THREADS = 2
INPUTS = 1000
BATCHES = [16, 32, 64, 128]
WINDOWS = [8, 16, 32, 64, 128, 256, 512, 1024, 2048]
WIDTHS = [100, 400, 1000]
ALL_WIDTHS = list(range(100, 1001, 100))
WIDE = [2000, 4000, 8000, 20000]
ALL_WIDE = list(range(2000, 20001, 2000))
DEPTHS = [1, 2, 3, 4, 5]
MOST_BYTES = 6 << 30
"""PyTorch keeps about seven numbers a neuron and step for the way back."""
PAUSE = 0.1
"""Seconds before every run: PyTorch's threads spin on their cores for a while in case there is more to do, and would take
one from whoever comes next."""
MOST_PRODUCTS = 3e11
"""Multiplications of the convolutions of a cell that is still measured."""
OURS, TWIN, STEPWISE, CONVOLVED = "snn", "snn, step by step", "PyTorch, step by step", "PyTorch, convolutions"

Cell = dict[str, int]


def spikes(batch: int, steps: int, seed: int) -> np.ndarray:
    """Frames [batch, steps, inputs] of zeros and ones."""
    random = np.random.default_rng(seed)
    rate = random.uniform(0, 200, (batch, 1, 1))
    return (random.random((batch, steps, INPUTS), np.float32) > np.exp(-rate / steps)).astype(np.uint8)


def ours(cell: Cell, frames: np.ndarray, model: str) -> Callable[[], object]:
    """Gradients of a batch in this library."""
    layers = [
        {
            "name": f"hidden{index}",
            "connection": {"kind": "dense", "outputs": cell["width"]},
            "neuron": {"model": model},
        }
        for index in range(cell["layers"])
    ]
    description = {
        "input": {"shape": [INPUTS]},
        "steps": cell["steps"],
        "coding": "events",
        "layers": layers,
        "readout": "spike_count",
    }
    net = snn.Network.from_json(description, seed=1)
    net.threads = THREADS
    trainer = snn.Trainer(net, batch=cell["batch"])
    sample, step, neuron = np.nonzero(frames)
    offsets = np.searchsorted(sample, np.arange(len(frames) + 1)).astype(np.uint64)
    events = snn.Events(offsets, step.astype(np.uint32), neuron.astype(np.uint32))
    labels = np.zeros(len(frames), np.int32)
    return lambda: trainer.compute_gradients(events, labels)


def theirs(cell: Cell, x: torch.Tensor, layer: type[Layer]) -> Callable[[int], object]:
    """Gradients of a batch in PyTorch."""
    torch.manual_seed(1)
    net = network(layer, INPUTS, cell["width"], cell["layers"])

    def run(threads: int) -> None:
        torch.set_num_threads(threads)
        net.zero_grad(set_to_none=True)
        net(x).sum().backward()

    return run


def fits(cell: Cell, formulation: str) -> bool:
    """Whether a cell fits the memory and the patience that there is."""
    numbers = cell["batch"] * cell["steps"] * (cell["width"] * cell["layers"] * 7 + INPUTS)
    if 4 * numbers > MOST_BYTES:
        return False
    products = 6.0 * cell["batch"] * cell["width"] * cell["layers"] * cell["steps"] ** 2
    return formulation != CONVOLVED or products < MOST_PRODUCTS


def seconds(sides: dict[str, Callable[[], object]], repetitions: int) -> dict[str, float]:
    """The median of every side, which run in turn after one round to warm up: a slower minute is one for all."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for round_number in range(repetitions + 1):
        for name, side in sides.items():
            time.sleep(PAUSE)
            start = time.perf_counter()
            side()
            if round_number > 0:
                found[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in found.items()}


def measured(cell: Cell, repetitions: int, convolutions: bool) -> dict[str, Any]:
    """Seconds of every side that fits."""
    frames = spikes(cell["batch"], cell["steps"], seed=cell["steps"])
    sides: dict[str, Callable[[], object]] = {
        OURS: ours(cell, frames, "single_spike"),
        TWIN: ours(cell, frames, "single_spike.sequential"),
    }
    x = torch.from_numpy(frames.transpose(0, 2, 1).astype(np.float32)) if fits(cell, STEPWISE) else None
    for name, layer in ((STEPWISE, Sequential), (CONVOLVED, Block)):
        if x is not None and fits(cell, name) and (name != CONVOLVED or convolutions):
            run = theirs(cell, x, layer)
            for threads in (1, THREADS):
                sides[f"{name}, {threads}"] = partial(run, threads)
    times = seconds(sides, repetitions)
    found: dict[str, Any] = cell | {name: times[name] for name in (OURS, TWIN)}
    for name in (STEPWISE, CONVOLVED):
        if f"{name}, 1" in times:
            found[name] = min(times[f"{name}, {threads}"] for threads in (1, THREADS))
    return found


def cells(whole: bool) -> list[tuple[str, Cell]]:
    """The grid, wide layers, and depths."""
    grid = [
        ("grid", {"batch": b, "steps": t, "width": n, "layers": 1})
        for n in (ALL_WIDTHS if whole else WIDTHS)
        for b in BATCHES
        for t in WINDOWS
    ]
    wide = [("wide", {"batch": 32, "steps": 128, "width": n, "layers": 1}) for n in (ALL_WIDE if whole else WIDE)]
    deep = [("deep", {"batch": 128, "steps": 128, "width": n, "layers": d}) for n in (200, 400, 800) for d in DEPTHS]
    return grid + wide + deep


def ratio(row: dict[str, Any], side: str) -> float | None:
    """How many times faster ours is."""
    return row[side] / row[OURS] if side in row else None


def summary(rows: list[dict[str, Any]]) -> list[str]:
    """Median and extremes of the ratios."""
    header = ["ours beside", "cells", "smallest", "median", "largest"]
    lines = []
    for side in (STEPWISE, CONVOLVED, TWIN):
        ratios = [r for row in rows if (r := ratio(row, side)) is not None]
        if ratios:
            middle = statistics.median(ratios)
            lines.append([side, len(ratios), f"{min(ratios):.2f}", f"{middle:.1f}", f"{max(ratios):.1f}"])
    return table(header, lines, header[1:])


def details(rows: list[dict[str, Any]]) -> list[str]:
    """Milliseconds and ratios of every cell."""
    header = ["neurons", "layers", "batch", "T", "snn, ms", STEPWISE, CONVOLVED, TWIN]
    lines = []
    for row in rows:
        ratios = [ratio(row, side) for side in (STEPWISE, CONVOLVED, TWIN)]
        shown = ["" if r is None else f"{r:.1f}" for r in ratios]
        lines.append([row["width"], row["layers"], row["batch"], row["steps"], f"{1000 * row[OURS]:.2f}", *shown])
    return table(header, lines, header)


def page(found: dict[str, Any]) -> str:
    """The results as Markdown."""
    parts = {name: [row for row in found["rows"] if row["part"] == name] for name in ("grid", "wide", "deep")}
    others = parts["wide"] + parts["deep"]
    lines = [
        "# Single-spike layers",
        "",
        *(__doc__ or "").split("\n\n")[2].splitlines(),
        "",
        f"{found['machine']}; snn {found['snn']}, PyTorch {found['torch']}; load at the start {found['load']:.1f}; medians of",
        f"{found['repetitions']} runs.",
        "Columns of others say how many times longer they take. Empty: more than 6 GiB, convolutions of more than 3e11",
        "multiplications, or convolutions that were left out (`--no-convolutions`).",
        "",
        "## The grid",
        "",
        *summary(parts["grid"]),
        "",
        *(["## Wide layers and several layers", "", *summary(others), ""] if others else []),
        "## Every cell",
        "",
        *details(found["rows"]),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measures and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whole", action="store_true", help="every width of the paper")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--no-convolutions", action="store_true", help="leave out the slowest formulation")
    parser.add_argument("--only", choices=["grid", "wide", "deep"])
    parser.add_argument("--batches", type=int, nargs="+", help="of the grid")
    parser.add_argument("--report", action="store_true", help="write the page from the newest results")
    parser.add_argument("--results", type=Path, default=ROOT / "build" / "single-spike.json")
    parser.add_argument("--out", type=Path, default=HERE / "SINGLE_SPIKE.md")
    options = parser.parse_args()
    if not options.report:
        rows: list[dict[str, Any]] = []
        found = {
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "snn": snn.__version__,
            "torch": torch.__version__,
            "load": os.getloadavg()[0],
            "repetitions": options.repetitions,
            "rows": rows,
        }
        for part, cell in cells(options.whole):
            if (options.only and part != options.only) or (
                options.batches and part == "grid" and cell["batch"] not in options.batches
            ):
                continue
            row = measured(cell, options.repetitions, not options.no_convolutions)
            rows.append({"part": part, **row})
            print(part, *(f"{key} {value:.4g}" for key, value in row.items()), flush=True)
            options.results.write_text(json.dumps(found))
    text = page(json.loads(options.results.read_text()))
    options.out.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
