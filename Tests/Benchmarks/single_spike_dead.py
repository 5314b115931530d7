"""Networks in which no neuron spikes at the start, learning: loss and hidden spikes, batch by batch.

    Tests/Benchmarks/run.sh --dead-neurons        writes docs/single-spike-dead.svg

The recipes `single-dead-*`: weights of the hidden layer from U(-0.1, 0.1) / sqrt(inputs). The gradient passes straight
through the choice of the first crossing and the surrogate of every step, so it reaches neurons that never fire. Nothing is
initialised again and no activity is asked for.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import snn
from speed.charts import INK, OURS, STYLE

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TASKS = {"yinyang": "Yin-Yang", "mnist": "MNIST", "spoken-digits": "spoken digits"}
PROBES = 256


def learning(task: str, batches: int, every: int, threads: int) -> list[dict[str, float]]:
    """Loss, and hidden spikes of the first training samples, every so many batches."""
    recipe = json.loads((ROOT / "recipes" / f"single-dead-{task}.json").read_text())
    stage = recipe["stages"][0]
    network = snn.Network.from_json(recipe["network"], seed=recipe["seed"])
    network.threads = threads
    options: dict[str, Any] = dict(recipe["data"].get("preprocessing", {}))
    if "events" in options:
        options["events"] = {**options["events"], "steps": network.steps}
    data = snn.Dataset.open(recipe["data"]["set"], "train", **options)
    trainer = snn.Trainer(network, optimizer=stage["optimizer"], loss=stage["loss"], batch=stage["batch"])
    neurons = sum(node.neurons for node in network.nodes[:-1])
    # As from events, of which the coding takes one a neuron and step; images lie in 0 ... 1.
    x, y = data[:PROBES]
    probe = snn.Dataset.from_arrays(np.minimum(x, 1), y, classes=data.classes)
    random = np.random.default_rng(recipe["seed"])
    order = np.empty(0, np.int64)
    curve: list[dict[str, float]] = []
    losses: list[float] = []
    for batch in range(batches + 1):
        if batch % every == 0:
            spikes = network.evaluate(probe)["spikes_per_neuron"] * neurons
            curve.append({"batch": batch, "spikes": spikes, "loss": float(np.mean(losses)) if losses else float("nan")})
            losses = []
        if len(order) < stage["batch"]:
            order = random.permutation(len(data))
        now, order = order[: stage["batch"]], order[stage["batch"] :]
        rows = [data[int(index)] for index in now]
        x, y = np.minimum(np.stack([x for x, _ in rows]), 1), np.array([y for _, y in rows], np.int32)
        losses.append(trainer.train_batch(x, y))
    return curve


def picture(curves: dict[str, list[dict[str, float]]], out: Path) -> None:
    """Spikes above, loss below."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(2, len(curves), figsize=(7.2, 3.6), layout="constrained", sharex="col")
        for column, (task, curve) in enumerate(curves.items()):
            batches = [point["batch"] for point in curve]
            above, below = axes[0][column], axes[1][column]
            above.plot(batches, [point["spikes"] for point in curve], color=OURS)
            below.plot(batches[1:], [point["loss"] for point in curve[1:]], color=INK)
            above.set_title(TASKS[task])
            above.set_ylim(bottom=0)
            below.set_ylim(bottom=0)
            below.set_xlabel("batch")
            for panel in (above, below):
                panel.spines[["top", "right"]].set_visible(False)
        axes[0][0].set_ylabel("hidden spikes\na sample")
        axes[1][0].set_ylabel("training loss")
        figure.savefig(out, metadata={"Date": None})
        plt.close(figure)


def main() -> None:
    """Trains and draws."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--batches", type=int, default=600)
    parser.add_argument("--every", type=int, default=20)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "single-spike-dead.svg")
    options = parser.parse_args()
    curves = {}
    for task in options.tasks:
        curves[task] = learning(task, options.batches, options.every, options.threads)
        first, last = curves[task][0], curves[task][-1]
        print(
            f"{TASKS[task]}: {first['spikes']:.1f} spikes a sample at the start, {last['spikes']:.1f} after "
            f"{last['batch']:.0f} batches; loss {curves[task][1]['loss']:.3f} to {last['loss']:.3f}",
            flush=True,
        )
    picture(curves, options.out)


if __name__ == "__main__":
    main()
