"""What is measured, in which order. A measurement is a value; `run` says how each kind is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from . import quiet
from .peers import COMPILED, PEERS

Kind = Literal["machine", "activity", "pair", "threads", "growth", "memory", "start", "import"]
THREADS = min(2, quiet.CORES)
WIDTHS = (512, 1024)
ACTIVITIES = (0.0, 0.01, 0.05, 0.2)
"""Of task g; 0 is dense noise."""
IMPORTS = ("numpy", "torch", "snntorch", "spikingjelly", "norse", "sinabs", "spyx", "jax")
GROWTH: dict[str, tuple[str, dict[str, Any], tuple[float, ...]]] = {
    "steps": ("a", {}, (25, 50, 100, 250, 500, 1000)),
    "hidden": ("a", {}, (256, 512, 1024, 2048, 4096, 8192)),
    "batch": ("a", {}, (1, 4, 16, 64, 128, 256, 512)),
    "activity": ("g", {"width": 512}, (0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.5)),
}
"""By what grows: the case, what stays, the sizes."""


@dataclass(frozen=True)
class Measurement:
    """One thing to measure. Case f is case a or b with one sample, `of` says which."""

    kind: Kind
    case: str = ""
    mode: str = "train"
    threads: int = THREADS
    peer: str = ""
    formulation: str = ""
    of: str = ""
    width: int = 0
    activity: float = 0.0
    grows: str = ""
    size: float = 0.0

    @property
    def key(self) -> str:
        """Unique, and readable: what --only is matched against."""
        words: list[object] = [self.kind, f"{self.case}-{self.of}" if self.of else self.case]
        if self.kind in ("pair", "threads"):
            words.append(self.mode)
        if self.grows:
            words.append(f"{self.grows}={self.size:g}")
        elif self.width:
            words += [f"n{self.width}", f"{100 * self.activity:g}%" if self.activity else "dense"]
        words += [self.peer, self.formulation]
        if self.kind == "pair":
            words.append(f"{self.threads}t")
        return " ".join(str(word) for word in words if word != "")

    @property
    def cost(self) -> float:
        """About how many seconds it takes, for the estimate of what is left."""
        return {"pair": 9.0, "memory": 5.0, "import": 9.0, "threads": 6.0}.get(self.kind, 3.0)

    @property
    def group(self) -> str:
        return PEERS[self.peer].formulations[self.formulation][0]


def formulations(case: str) -> Iterator[tuple[str, str]]:
    """Every peer's formulations of a case."""
    for name, peer in PEERS.items():
        for formulation, (_, cases) in peer.formulations.items():
            if case in cases:
                yield name, formulation


def pairs(case: str, **options: Any) -> Iterator[Measurement]:
    """Ours against every formulation of a case."""
    for peer, formulation in formulations(options.get("of") or case):
        yield Measurement("pair", case, peer=peer, formulation=formulation, **options)


def everything() -> list[Measurement]:
    """A full run. The machine's limits and activities first, since other measurements are read in their light."""
    plan = [Measurement("machine", peer=probe) for probe in ("stream", "peak", "sgemm torch", "sgemm numpy")]
    plan += [Measurement("activity", case) for case in "abe"]
    plan += [Measurement("activity", "g", width=width, activity=p) for width in WIDTHS for p in ACTIVITIES]
    for case in "abe":
        for mode in ("train", "inference"):
            plan.append(Measurement("threads", case, mode))
            plan += pairs(case, mode=mode)
    for of in "ab":
        latency = list(pairs("f", mode="inference", of=of))
        plan += latency
        # One sample gives two threads little to share: the fastest peers may be faster with one.
        plan += [replace(m, threads=1) for m in latency if m.group == COMPILED and m.threads > 1]
    for width in WIDTHS:
        for activity in ACTIVITIES:
            plan += pairs("g", width=width, activity=activity)
        plan += pairs("g", mode="inference", width=width)
        plan += pairs("g", mode="inference", width=width, activity=0.05)
    plan += [Measurement("memory", case, peer=p, formulation=f) for case in "ab" for p, f in formulations(case)]
    for grows, (case, fixed, sizes) in GROWTH.items():
        plan += [Measurement("growth", case, threads=1, grows=grows, size=size, **fixed) for size in sizes]
    plan += [Measurement("start", peer=how) for how in ("C", "program", "Python", "interpreter")]
    plan += [Measurement("import", peer=name) for name in IMPORTS]
    return plan


def quick() -> list[Measurement]:
    """A little of every kind, to see that all of it works; its figures mean nothing."""
    few = {("snntorch", "hoist"), ("jax", "scan")}

    def kept(m: Measurement) -> bool:
        if m.kind in ("pair", "memory"):
            few_cases = m.case == "a" or (m.case == "f" and m.of == "a") or (m.case == "g" and m.width == 512)
            return (m.peer, m.formulation) in few and few_cases and m.activity in (0.0, 0.05)
        if m.kind == "growth":
            return m.size in GROWTH[m.grows][2][:3]
        if m.kind == "activity":
            return m.width < 1024
        if m.kind == "threads":
            return m.case == "a"
        return m.peer in ("stream", "peak", "sgemm numpy", "C", "program", "Python", "numpy", "jax")

    return [m for m in everything() if kept(m)]
