"""What conversion of a trained network to few spikes costs, beside rates and spike times.

    Tests/Benchmarks/run.sh --few-spikes         writes FEW_SPIKES.md and docs/few-spikes-steps.svg

The Fashion-MNIST network 16C3-P-32C3-32C3-P-64C3-64C3-P-10 of the recipe `ann-fashion-cnn`, its batch normalisation folded, as
few spikes, rates and spike times: accuracy and spikes by steps on test images, then the speed of inference beside
SpikingJelly's IF nodes (`few_spikes_rates.py`) at the window that they need. Rates are those of `snn convert --to if`: soft
reset, half a threshold at the start, a maximum of counts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import snn
import torch
from few_spikes_rates import RateNetwork
from page import table
from speed.charts import INK, OURS, STYLE

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

Point = dict[str, float]
Choice = str | float
"""`chosen`, `tolerance E`, `price P`, or the percentile of the activations that ranges and thresholds have room for."""

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
THREADS, BATCH = 2, 128
LOSS = 0.005
"""Accuracy that a conversion may lose."""
CODES = range(2, 13)
WINDOWS = [1, 2, 4, 8, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48, 56, 64, 96, 128]
CHOSEN = "chosen"
"""What `snn convert` does unless told otherwise: ranges and thresholds with little error, and corrected biases."""
TOLERANCE, PRICE = "tolerance ", "price "
BINARY, PRICED = "binary codes", "codes with a price"
SPARING: dict[str, list[Choice]] = {
    BINARY: [CHOSEN, f"{TOLERANCE}0.01", f"{TOLERANCE}0.02", 99.9, 100],
    PRICED: [f"{PRICE}{price}" for price in (0.03, 0.05, 0.07, 0.09, 0.11)],
}
"""Of few spikes: of each kind the one with the fewest of them, within the allowed loss on training images, is compared."""
TUNING = [3, 4, 5, 6]
TUNING_SAMPLES = 10_000
RATES: list[Choice] = [CHOSEN, f"{TOLERANCE}0.01", 99, 99.5, 99.9, 99.99, 100]
RATE, CODE, SPARE, TIMES = "rate", "few spikes", "sparing", "spike times"


def command(*arguments: object) -> dict[str, Any]:
    """The JSON result of the program `snn`."""
    program = os.environ.get("SNN_COMMAND", str(ROOT / "build" / "snn"))
    done = subprocess.run([program, *map(str, arguments), "--json"], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def made(path: Path, *arguments: object) -> Path:
    """A file that `snn` writes, unless it is there."""
    if not path.exists():
        command(*arguments, "--out", path)
    return path


class Conversions:
    """What one analog network converts to."""

    def __init__(self, analog: Path, train: snn.Dataset) -> None:
        self.analog = snn.Network.load(analog)
        self.analog.threads = THREADS
        self.train = train
        self.made: dict[tuple[str, Choice], snn.Network] = {}

    def network(self, to: str, choice: Choice, steps: int | None = None) -> snn.Network:
        """One converted for this window, or with room for a percentile, which suits every window."""
        if isinstance(choice, str):
            if choice.startswith(PRICE):
                return self._converted(to, steps=steps, spike_price=float(choice.removeprefix(PRICE)))
            tolerance = None if choice == CHOSEN else float(choice.removeprefix(TOLERANCE))
            return self._converted(to, steps=steps, tolerance=tolerance)
        if (to, choice) not in self.made:
            margin = {} if to == "ttfs" else {"margin": 1}
            self.made[to, choice] = self._converted(to, percentile=choice, **margin)
        network = self.made[to, choice]
        return network if steps is None else with_window(network, steps)

    def _converted(self, to: str, **options: Any) -> snn.Network:
        network = self.analog.convert(to, self.train, report_samples=0, progress=False, **options)
        network.threads = THREADS
        return network


def with_window(network: snn.Network, steps: int) -> snn.Network:
    """The same numbers with another window."""
    other = snn.Network.from_json({**json.loads(network.json), "steps": steps}, seed=network.seed)
    for name, tensor in network.tensors.items():
        other.tensors[name][...] = tensor
    other.threads = THREADS
    return other


def point(network: snn.Network, data: snn.Dataset) -> Point:
    """Accuracy and spikes per hidden neuron."""
    report = network.evaluate(data)
    return {"steps": network.steps, "accuracy": report["accuracy"], "spikes": report["spikes_per_neuron"]}


def in_spikingjelly(path: Path, x: np.ndarray, y: np.ndarray, steps: int) -> Point:
    """The same of a rate network, in SpikingJelly."""
    torch.set_num_threads(1)
    network = RateNetwork(path)
    neurons = sum(node.neurons for node in snn.Network.load(path).nodes[:-1])
    right, sent = 0, 0.0
    for first in range(0, len(x), BATCH):
        scores, spikes = network(torch.from_numpy(x[first : first + BATCH]), steps)
        right += int((scores.argmax(1).numpy() == y[first : first + BATCH]).sum())
        sent += spikes
    return {"steps": steps, "accuracy": right / len(x), "spikes": sent / len(x) / neurons}


def images(split: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first images [samples, 1, 28, 28] and labels."""
    x, y = snn.Dataset.open("fashion-mnist", split)[:count]
    return np.ascontiguousarray(np.reshape(x, (-1, 1, 28, 28)), np.float32), np.asarray(y, np.int32)


def accuracies(conversions: Conversions, samples: int) -> dict[str, Any]:
    """Accuracy and spikes by steps of every coding."""
    test = snn.Dataset.open("fashion-mnist", "test")
    part = snn.Dataset.from_arrays(*images("test", samples))
    tune = snn.Dataset.from_arrays(*images("train", TUNING_SAMPLES))
    goal = conversions.analog.evaluate(tune)["accuracy"] - LOSS
    tuning: dict[str, dict[str, Point]] = {}
    spare: dict[str, Choice] = {}
    for kind, choices in SPARING.items():
        best: dict[Choice, Point] = {}
        for choice in choices:
            points = [point(conversions.network("fs", choice, steps), tune) for steps in TUNING]
            within = [p for p in points if p["accuracy"] >= goal - 1e-9]
            if within:
                best[choice] = min(within, key=lambda p: p["spikes"])
        if not best:
            raise SystemExit(f"no {kind} are within {100 * LOSS} points of {share(goal + LOSS)} on training images")
        spare[kind] = min(best, key=lambda choice: best[choice]["spikes"])
        tuning[kind] = {str(choice): p for choice, p in best.items()}
    chosen = [conversions.network("fs", CHOSEN, steps) for steps in CODES]
    sparing = {kind: [conversions.network("fs", choice, steps) for steps in TUNING] for kind, choice in spare.items()}
    rates = {
        str(choice): [point(conversions.network("if", choice, steps), part) for steps in WINDOWS] for choice in RATES
    }
    times = conversions.network("ttfs", 100)
    return {
        "samples": samples,
        "analog": conversions.analog.evaluate(test)["accuracy"],
        "analog part": conversions.analog.evaluate(part)["accuracy"],
        CODE: [point(network, test) for network in chosen],
        f"{CODE} part": [point(network, part) for network in chosen],
        "analog tuning": goal + LOSS,
        "spare": {kind: str(choice) for kind, choice in spare.items()},
        SPARE: {kind: [point(network, test) for network in networks] for kind, networks in sparing.items()},
        f"{SPARE} part": {kind: [point(network, part) for network in networks] for kind, networks in sparing.items()},
        RATE: rates,
        TIMES: point(times, test),
        f"{TIMES} part": point(times, part),
        "windows": [float(times.tensors[name][0]) for name in times.tensors if name.endswith(".window")],
        "tuning": tuning,
    }


def fewest(points: list[Point], accuracy: float) -> Point | None:
    """The fewest steps from which on the accuracy stays at least that."""
    bad = [index for index, p in enumerate(points) if p["accuracy"] < accuracy - 1e-9]
    start = bad[-1] + 1 if bad else 0
    return points[start] if start < len(points) else None


def rates(sides: dict[str, tuple[int, Callable[[], object]]], repetitions: int) -> dict[str, list[float]]:
    """Samples a second of each side, in turn; the first round warms up."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for repetition in range(repetitions + 1):
        for name, (samples, side) in sides.items():
            start = time.perf_counter()
            side()
            if repetition:
                found[name].append(samples / (time.perf_counter() - start))
    return found


def speeds(conversions: Conversions, folder: Path, found: dict[str, Any], repetitions: int) -> dict[str, Any]:
    """Few spikes of ten steps beside IF nodes at the windows that come near their accuracy, and reach it."""
    x, y = images("test", found["samples"])
    code = conversions.network("fs", CHOSEN, 10)
    few = point(code, snn.Dataset.from_arrays(x, y))
    curve = found[RATE][CHOSEN]
    near = fewest(curve, few["accuracy"] - LOSS) or curve[-1]
    equal = next((p for p in curve if p["accuracy"] >= few["accuracy"]), curve[-1])
    batch = torch.from_numpy(x[:BATCH])

    def ours(threads: int) -> Callable[[], object]:
        def run() -> None:
            code.threads = threads
            code.predict(x)

        return run

    def peer(network: RateNetwork, steps: int, threads: int) -> Callable[[], object]:
        def run() -> None:
            torch.set_num_threads(threads)
            network(batch, steps)

        return run

    sides: dict[str, tuple[int, Callable[[], object]]] = {
        "snn, few spikes, K = 10, 2 threads": (len(x), ours(2)),
        "snn, few spikes, K = 10, 1 thread": (len(x), ours(1)),
    }
    agreement = []
    for rate in [near, equal] if equal != near else [near]:
        steps = int(rate["steps"])
        path = folder / f"rates-{steps}.snn"
        conversions.network("if", CHOSEN, steps).save(path)
        agreement.append({"ours": rate, "theirs": in_spikingjelly(path, x, y, steps)})
        network = RateNetwork(path)
        network.counting = False
        for threads in (1, 2):
            sides[f"SpikingJelly, T = {steps}, {threads} thread{'s' * (threads > 1)}"] = (BATCH, peer(network, steps, threads))
    return {"few": few, "agreement": agreement, "rates": rates(sides, repetitions)}


def share(value: float) -> str:
    """Per cent."""
    return f"{100 * value:.2f} %"


def curve(title: str, points: list[Point], accuracy: float) -> list[str]:
    """A table of accuracy and spikes by steps."""
    header = ["steps", "accuracy", "loss, points", "spikes per neuron"]
    rows = [
        [f"{p['steps']:.0f}", share(p["accuracy"]), f"{100 * (accuracy - p['accuracy']):.2f}", f"{p['spikes']:.3f}"]
        for p in points
    ]
    return [f"### {title}", "", *table(header, rows, header), ""]


def comparison(found: dict[str, Any]) -> list[str]:
    """Steps and spikes within the allowed loss: each kind of few spikes, and every other coding beside them."""
    goal = found["analog part"] - LOSS
    few: dict[str, Point] = {}
    for kind, points in found[f"{SPARE} part"].items():
        reached = fewest(points, goal)
        if reached is None:
            raise SystemExit(f"no {kind} of {TUNING[0]} to {TUNING[-1]} steps are within {100 * LOSS} points")
        few[kind] = reached
    rows = [
        [kind, found["spare"][kind], f"{p['steps']:.0f}", share(p["accuracy"]), f"{p['spikes']:.3f}", *[""] * len(few)]
        for kind, p in few.items()
    ]
    for choice, points in found[RATE].items():
        reached = fewest(points, goal)
        if reached is None:
            best = max(points, key=lambda p: p["accuracy"])
            text = f"not reached up to {points[-1]['steps']:.0f}; best {share(best['accuracy'])} at {best['steps']:.0f}"
            rows.append(["rates", choice, text, "", "", *[""] * len(few)])
            continue
        ratios = [f"{reached['steps'] / p['steps']:.1f}, {reached['spikes'] / p['spikes']:.2f}" for p in few.values()]
        rows.append(
            ["rates", choice, f"{reached['steps']:.0f}", share(reached["accuracy"]), f"{reached['spikes']:.3f}", *ratios]
        )
    times = found[f"{TIMES} part"]
    ratios = [f"{times['spikes'] / p['spikes']:.2f}" for p in few.values()]
    rows.append([TIMES, "", "", share(times["accuracy"]), f"{times['spikes']:.3f}", *ratios])
    header = ["coding", "ranges", "steps", "accuracy", "spikes per neuron", *(f"beside {kind}" for kind in few)]
    return table(header, rows, header[4:])


def picture(found: dict[str, Any], out: Path) -> None:
    """Accuracy over steps."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(6.6, 3.4), layout="constrained")
        target = 100 * (found["analog part"] - LOSS)
        axes.axhline(100 * found["analog part"], color="#bbbbbb", linewidth=0.8)
        axes.axhline(target, color="#bbbbbb", linewidth=0.8, linestyle="--")
        for name, points, color, marker in (
            (CODE, found[f"{CODE} part"], OURS, "o"),
            (RATE, found[RATE][CHOSEN], "#c98f3c", "s"),
        ):
            values = [100 * p["accuracy"] for p in points]
            axes.plot([p["steps"] for p in points], values, color=color, marker=marker, markersize=4, label=name)
        once = found[f"{TIMES} part"]
        axes.plot([1], [100 * once["accuracy"]], color=INK, marker="D", markersize=6, linestyle="", label="spike times, one spike")
        ticks = [1, 2, 4, 8, 16, 32, 64, 128]
        axes.set_xscale("log", base=2)
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.set(xlabel="steps of a layer", ylabel="accuracy [%]", ylim=(50, 97), xlim=(0.85, 160))
        axes.text(155, target - 0.8, "analog - 0.5 points", ha="right", va="top", fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="lower right", fontsize=8)
        figure.savefig(out, metadata={"Date": None})
        plt.close(figure)


def speed_lines(speed: dict[str, Any]) -> list[str]:
    """The table of speeds."""
    middles = {name: statistics.median(values) for name, values in speed["rates"].items()}
    ours = next(iter(middles.values()))
    rows = []
    for name, values in speed["rates"].items():
        spread = f"{min(values):,.1f}-{max(values):,.1f}"
        rows.append([name, f"{middles[name]:,.1f}", spread, "" if middles[name] == ours else f"{ours / middles[name]:.0f}"])
    header = ["library", "samples / s, median", "min-max", "ours / theirs"]
    return table(header, rows, header[1:])


def tuned(found: dict[str, Any]) -> list[str]:
    """Why these few spikes."""
    header = ["few spikes", "ranges", "steps", "accuracy", "spikes per neuron"]
    rows = [
        [kind, choice, f"{p['steps']:.0f}", share(p["accuracy"]), f"{p['spikes']:.3f}"]
        for kind, choices in found["tuning"].items()
        for choice, p in choices.items()
    ]
    return [
        f"Of few spikes those are compared which have the fewest spikes within {100 * LOSS:.1f} points on "
        f"{TUNING_SAMPLES:,} training images",
        f"(analog {share(found['analog tuning'])}); how many steps they take is seen on the test images, as it is for rates:",
        "",
        *table(header, rows, header[2:]),
    ]


def lines(found: dict[str, Any]) -> list[str]:
    """The page."""
    processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    count = found["samples"]
    load = found["load"]
    few = found["speed"]["few"]
    return [
        "# Few spikes, rates and spike times of one network",
        "",
        *(__doc__ or "").split("\n\n")[2].splitlines(),
        "",
        f"{platform.machine()}, {processor}; snn {snn.__version__}, PyTorch {torch.__version__}, SpikingJelly "
        f"{found['spikingjelly']}.",
        "",
        f"Analog accuracy: {share(found['analog'])} of 10,000 test images, {share(found['analog part'])} of the first "
        f"{count:,}. Rates run on the first {count:,} only; few spikes and spike times on both.",
        "",
        f"## Within {100 * LOSS:.1f} points of the analog network, first {count:,} test images",
        "",
        *comparison(found),
        "",
        "Steps are those of a layer. Few spikes go through the layers one after another, K steps each; the layers of a rate network",
        "run at the same time, so its window counts once. A network of spike times has a window of real time a layer:",
        f"{', '.join(f'{w:.1f}' for w in found['windows'])}, after 1 for the input; together {1 + sum(found['windows']):.1f}, in units of "
        "the activations.",
        "",
        "The last columns are steps and spikes of a coding over those of few spikes. Ranges and thresholds are chosen for every",
        "window with little error (`snn convert`), with more error for fewer spikes (`--tolerance`), with a price on spikes",
        "(`--spike-price`), or have room for a percentile of the activations (`--percentile --margin 1`). Rates have a row for each.",
        *tuned(found),
        "",
        "## By steps",
        "",
        *curve("Few spikes, chosen, 10,000 test images", found[CODE], found["analog"]),
        *curve(f"Few spikes, chosen, first {count:,}", found[f"{CODE} part"], found["analog part"]),
        *(
            line
            for kind, choice in found["spare"].items()
            for title, name, accuracy in (
                ("10,000 test images", SPARE, found["analog"]),
                (f"first {count:,}", f"{SPARE} part", found["analog part"]),
            )
            for line in curve(f"Few spikes, {choice}, {title}", found[name][kind], accuracy)
        ),
        *curve(f"Rates, chosen, first {count:,}", found[RATE][CHOSEN], found["analog part"]),
        f"Spike times, 10,000 test images: {share(found[TIMES]['accuracy'])}, {found[TIMES]['spikes']:.3f} spikes per neuron.",
        "",
        "## Inference",
        "",
        f"Few spikes with K = 10, as `snn convert` chooses their ranges: {share(few['accuracy'])} of the first {count:,}, "
        f"{few['spikes']:.3f} spikes per neuron.",
        f"SpikingJelly at the fewest steps within {100 * LOSS:.1f} points of that, and at the first that reach it or the longest:",
        *(
            f"T = {pair['theirs']['steps']}: {share(pair['theirs']['accuracy'])} and {pair['theirs']['spikes']:.3f} spikes per neuron; "
            f"the same network in this library: {share(pair['ours']['accuracy'])} and {pair['ours']['spikes']:.3f}."
            for pair in found["speed"]["agreement"]
        ),
        f"In turn, in one run; load of the machine (two cores) at the start {load[0]:.1f}, at the end {load[1]:.1f}. Single steps, "
        f"batch {BATCH}, channels last, no gradients.",
        "The threads of PyTorch wait actively, which costs it much on a loaded machine, hence the row of one thread.",
        "",
        *speed_lines(found["speed"]),
        "",
    ]


def main() -> None:
    """Measures and writes the page and the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--analog", type=Path, help="what `snn train ann-fashion-cnn --out` wrote; without it, it is trained")
    parser.add_argument("--rate-samples", type=int, default=2000, help="test images that rates run on")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "few-spikes", help="for converted networks and results")
    parser.add_argument("--speed", action="store_true", help="measure speed again, keep the newest accuracies")
    parser.add_argument("--report", action="store_true", help="write page and picture from the newest results")
    parser.add_argument("--out", type=Path, default=HERE / "FEW_SPIKES.md")
    parser.add_argument("--picture", type=Path, default=ROOT / "docs" / "few-spikes-steps.svg")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    results = options.folder / "results.json"
    if not options.report:
        analog = options.analog or made(options.folder / "ann-fashion-cnn.snn", "train", "ann-fashion-cnn")
        conversions = Conversions(analog, snn.Dataset.open("fashion-mnist", "train"))
        if options.speed:
            found = json.loads(results.read_text())
        else:
            found = accuracies(conversions, options.rate_samples)
            results.write_text(json.dumps(found))
        before = os.getloadavg()[0]
        found["speed"] = speeds(conversions, options.folder, found, options.repetitions)
        found["load"] = [before, os.getloadavg()[0]]
        found["spikingjelly"] = version("spikingjelly")
        results.write_text(json.dumps(found))
    found = json.loads(results.read_text())
    picture(found, options.picture)
    text = "\n".join(lines(found))
    options.out.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
