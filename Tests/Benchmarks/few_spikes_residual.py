"""Few spikes and rates of a residual network: steps and spikes for the same accuracy.

    Tests/Benchmarks/run.sh --few-spikes-residual     writes FEW_SPIKES_RESIDUAL.md

The CIFAR-10 network of the recipe `ann-cifar10-resnet8`, which has no maximum pooling, so that rates are as good as rates can
be: `snn convert --to if`, soft reset, half a threshold at the start. Each coding gets the ranges or thresholds with which it
reaches the accuracy in the fewest steps: with room for a percentile of the activations, or chosen for every window with the
least error, biases corrected (`snn convert` without `--percentile` and `--margin`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import few_spikes as base
import snn
from page import table

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RECIPE = "ann-cifar10-resnet8"
CHOICES: dict[str, list[base.Choice]] = {"fs": [base.CHOSEN, 99.9, 100], "if": [base.CHOSEN, 99.5, 99.9]}
WINDOWS = {"fs": list(range(2, 11)), "if": [24, 32, 40, 44, 48, 56, 64]}


def images(split: str, **parts: int) -> snn.Dataset:
    """Images, scaled as the recipe says."""
    data = json.loads((ROOT / "recipes" / f"{RECIPE}.json").read_text())["data"]
    return snn.Dataset.open("cifar-10", split, normalize=data["preprocessing"]["normalize"], **parts)


def measured(analog: Path, samples: int, results: Path) -> dict[str, Any]:
    """Accuracy and spikes by steps, coding and choice of ranges; an interrupted run goes on from `results`."""
    known: dict[str, base.Point] = json.loads(results.read_text()) if results.exists() else {}
    conversions = base.Conversions(analog, images("train"))
    test = images("test", samples=samples)
    found: dict[str, Any] = {"samples": samples, "analog": conversions.analog.evaluate(test)["accuracy"], "fs": {}, "if": {}}
    for to, choices in CHOICES.items():
        for choice in choices:
            points = found[to][choice] = []
            for steps in WINDOWS[to]:
                key = f"{to} {choice} {steps}"
                if key not in known:
                    known[key] = base.point(conversions.network(to, choice, steps), test)
                    results.write_text(json.dumps(known))
                points.append(known[key])
                print(to, choice, points[-1], flush=True)
    return found


def best(curves: dict[base.Choice, list[base.Point]], goal: float) -> tuple[base.Choice, base.Point] | None:
    """The choice that reaches the accuracy in the fewest steps, and with the fewest spikes of those; and where."""
    reached = [(choice, point) for choice, points in curves.items() if (point := base.fewest(points, goal)) is not None]
    return min(reached, key=lambda pair: (pair[1]["steps"], pair[1]["spikes"])) if reached else None


def ranges(choice: base.Choice) -> str:
    """A choice in words."""
    return str(choice) if choice == base.CHOSEN else f"of percentile {choice}"


def lines(found: dict[str, Any]) -> list[str]:
    """The page."""
    goal = found["analog"] - base.LOSS
    few, rate = best(found["fs"], goal), best(found["if"], goal)
    header = ["coding", "ranges", "steps", "accuracy", "spikes per neuron"]
    rows = []
    for name, to, reached in (("few spikes", "fs", few), ("rate", "if", rate)):
        if reached is None:
            rows.append([name, "", f"not reached up to {WINDOWS[to][-1]}", "", ""])
            continue
        choice, point = reached
        share, spikes = base.share(point["accuracy"]), f"{point['spikes']:.3f}"
        rows.append([name, ranges(choice), f"{point['steps']:.0f}", share, spikes])
    text = [
        "# Few spikes and rates of a residual network",
        "",
        *(__doc__ or "").split("\n\n")[2].splitlines(),
        "",
        f"Analog accuracy: {base.share(found['analog'])} of the first {found['samples']:,} test images.",
        "",
        f"## Within {100 * base.LOSS:.1f} points of the analog network, and in every longer window measured",
        "",
        *table(header, rows, header[2:]),
        "",
    ]
    if few is not None and rate is not None:
        steps, spikes = (rate[1][key] / few[1][key] for key in ("steps", "spikes"))
        text += [f"Few spikes take {steps:.1f} times fewer steps and {spikes:.1f} times fewer spikes.", ""]
    elif few is not None:
        last = max((points[-1] for points in found["if"].values()), key=lambda point: point["accuracy"])
        steps, spikes = (last[key] / few[1][key] for key in ("steps", "spikes"))
        text += [
            f"Few spikes take more than {steps:.1f} times fewer steps and {spikes:.1f} times fewer spikes: "
            f"rates of {last['steps']} steps are still at {base.share(last['accuracy'])}.",
            "",
        ]
    for name, to in (("Few spikes", "fs"), ("Rates", "if")):
        for choice, points in found[to].items():
            text += base.curve(f"{name}, ranges {ranges(choice)}", points, found["analog"])
    return text


def main() -> None:
    """Measures and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--analog", type=Path, help=f"what `snn train {RECIPE} --out` wrote; without it, it is trained")
    parser.add_argument("--samples", type=int, default=5000, help="test images")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "few-spikes")
    parser.add_argument("--out", type=Path, default=HERE / "FEW_SPIKES_RESIDUAL.md")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    analog = options.analog or base.made(options.folder / f"{RECIPE}.snn", "train", RECIPE)
    # Of another network or library the points are others.
    digest = hashlib.sha256(analog.read_bytes() + Path(snn.library_path).read_bytes()).hexdigest()[:12]
    results = options.folder / f"{analog.stem}-{options.samples}-{digest}.json"
    text = "\n".join(lines(measured(analog, options.samples, results)))
    options.out.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
