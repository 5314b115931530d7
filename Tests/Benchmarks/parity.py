"""One linear and LIF layer, here and in snnTorch, SpikingJelly and Norse: same weights, same inputs, same numbers?

Run by run.sh. Prints the tables, writes them to PARITY.md and exits with 1 if anything differs.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import snn
import torch

from page import table
from peers import norse_peer, ours, snntorch_peer, spikingjelly_peer, torch_layer
from peers.case import BATCH, INPUTS, NEURONS, STEPS, Case, Floats, Options, Trace, signal

CASES: list[Case] = [*snntorch_peer.CASES, *spikingjelly_peer.CASES, *norse_peer.CASES]
POTENTIAL_TOLERANCE = 1e-5
GRADIENT_TOLERANCE = 1e-4
SEED = 1


@dataclass(frozen=True)
class Result:
    """How far the two sides of a case are apart."""

    number: int
    case: Case
    spikes: int
    compared: int
    differing: int
    near: int
    """Potentials within the tolerance of the threshold, where rounding could decide on a spike."""
    excused: int
    """Neurons whose rasters part at or after such a potential; compared up to there."""
    potential: float
    gradient: float

    @property
    def agrees(self) -> bool:
        return (
            self.differing == 0
            and self.spikes > 0
            and self.potential <= POTENTIAL_TOLERANCE
            and self.gradient <= GRADIENT_TOLERANCE
        )


def comparable(a: Trace, b: Trace, near: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which [steps, batch, neurons] to compare, and which [batch, neurons] are excused.

    Rasters may part only where a potential was near the threshold before: from there on that neuron is left out.
    """
    parted = np.logical_or.accumulate(a.spikes != b.spikes, axis=0)
    first = parted & ~np.vstack([np.zeros_like(parted[:1]), parted[:-1]])
    excused = (first & np.logical_or.accumulate(near, axis=0)).any(axis=0)
    return ~(parted & excused), excused


def gradient_difference(a: Trace, b: Trace, excused: np.ndarray) -> float:
    """The largest difference of a gradient relative to the largest gradient, without neurons excused in any sample."""
    kept = ~excused.any(axis=0)
    pairs = [(a.weight_gradient, b.weight_gradient), (a.bias_gradient, b.bias_gradient)]
    return max(float(np.abs(x - y)[..., kept].max() / np.abs(y)[..., kept].max()) for x, y in pairs)


def compare(case: Case, number: int) -> Result:
    """Runs both sides of a case."""
    given = signal(case, SEED + number)
    theirs = torch_layer.trace(case, given)
    mine, u = ours.trace(case, given)
    near = np.abs(u - np.float32(case.ours["v_threshold"])) <= POTENTIAL_TOLERANCE
    # Ties are exact on both sides: nothing there is left to rounding.
    doubtful = near if case.inputs != "ties" else np.zeros_like(near)
    mask, excused = comparable(mine, theirs, doubtful)
    return Result(
        number=number,
        case=case,
        spikes=int(theirs.spikes.sum()),
        compared=int(mask.sum()),
        differing=int((mine.spikes != theirs.spikes)[mask].sum()),
        near=int(near.sum()),
        excused=int(excused.sum()),
        potential=float(np.abs(mine.potentials - theirs.potentials)[mask].max()),
        gradient=gradient_difference(mine, theirs, excused),
    )


# ---------------------------------------------------------------- tables


def bound(value: float) -> str:
    """The power of ten that bounds a value: does not change with the last bit of a sum."""
    if value == 0:
        return "0"
    return f"<= 1e{math.ceil(math.log10(value)):+03d}" if math.isfinite(value) else str(value)


def option(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def options(values: Options) -> str:
    return ", ".join(f"{name}={option(value)}" for name, value in values.items() if name != "model")


def results_table(results: Sequence[Result]) -> list[str]:
    words = ["case", "library", "version", "model", "inputs", "potentials"]
    numbers = ["steps compared", "spikes", "differing spikes", "near threshold", "excused neurons"]
    numbers += ["potential difference", "gradient difference"]
    rows = []
    for r in results:
        c = r.case
        reset = "before reset" if c.before_reset else "after reset"
        row = [r.number, c.library, version(c.package), c.model, c.inputs, reset]
        row += [r.compared, r.spikes, r.differing, r.near, r.excused, bound(r.potential), bound(r.gradient)]
        row += ["equal" if r.agrees else "DIFFERS"]
        rows.append(row)
    return table([*words, *numbers, "verdict"], rows, right=numbers)


def options_table(results: Sequence[Result]) -> list[str]:
    rows = []
    for r in results:
        c = r.case
        rows.append([r.number, f"{c.library} {c.model}", options(c.theirs), c.ours["model"], options(c.ours)])
    return table(["case", "theirs", "their options", "ours", "our options"], rows)


def document(results: Sequence[Result]) -> str:
    """PARITY.md. Without date and machine: the same versions give the same file."""
    equal = sum(r.agrees for r in results)
    return "\n".join(
        [
            "# Parity with snnTorch, SpikingJelly and Norse",
            "",
            f"Equal in {equal} of {len(results)} cases. Written by `make bench`; README.md says what is compared and"
            " how.",
            "",
            f"snn {snn.__version__}, torch {version('torch').split('+')[0]}, numpy {version('numpy')};"
            f" {STEPS} steps, batch {BATCH}, {INPUTS} inputs, {NEURONS} neurons; seed {SEED} + case.",
            "",
            "## Results",
            "",
            *results_table(results),
            "",
            f"Equal: no differing spike, potentials within {POTENTIAL_TOLERANCE:g}, gradients of weights and biases"
            f" within {GRADIENT_TOLERANCE:g} of the largest.",
            "",
            "## Conventions that match",
            "",
            *options_table(results),
            "",
        ]
    )


def report(result: Result) -> str:
    """What a mismatch looks like, and what to do about it."""
    case = result.case
    return (
        f"case {result.number}, {case.library} {case.model} ({options(case.theirs)}): {result.spikes} spikes,"
        f" {result.differing} differing, potentials {result.potential:.3g} apart (allowed {POTENTIAL_TOLERANCE:g}),"
        f" gradients {result.gradient:.3g} (allowed {GRADIENT_TOLERANCE:g}). Repeat it alone with"
        f" `Tests/Benchmarks/run.sh --case {result.number}` and compare the equations at the top of"
        f" Tests/Benchmarks/peers/{case.package}_peer.py with the library's."
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", type=int, metavar="N", help=f"only case N of 1..{len(CASES)}, without PARITY.md")
    chosen = parser.parse_args(arguments).case
    if chosen is not None and not 1 <= chosen <= len(CASES):
        parser.error(f"--case must be in 1..{len(CASES)}, got {chosen}")
    torch.set_num_threads(1)
    numbers = range(1, len(CASES) + 1) if chosen is None else [chosen]
    results = [compare(CASES[number - 1], number) for number in numbers]
    text = document(results)
    print(text)
    if chosen is None:
        Path(__file__).with_name("PARITY.md").write_text(text, encoding="utf-8")
    wrong = [report(result) for result in results if not result.agrees]
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    print(f"parity: equal in {len(results)} of {len(results)} cases")
    return 0


if __name__ == "__main__":
    sys.exit(main())
