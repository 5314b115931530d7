"""What the comparison must show: each bar with what it is measured by, and whether it is reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .growth import LINEAR, curves
from .peers import BY_HAND, COMPILED, DOCUMENTED, HOISTED
from .plan import GROWTH, WIDTHS
from .rows import Row, Rows


@dataclass(frozen=True)
class Result:
    """A bar, held against what was measured."""

    case: str
    what: str
    bar: str
    measured: str
    detail: str = ""
    reached: bool | None = None
    """None where it was not measured, or where there is no bar."""

    @property
    def verdict(self) -> str:
        return {True: "reached", False: "**not reached**", None: "not measured"}[self.reached]


# ---------------------------------------------------------------- speed

LIBRARIES = (DOCUMENTED, HOISTED)
EVERYONE = (DOCUMENTED, HOISTED, BY_HAND, COMPILED)


@dataclass(frozen=True)
class Faster:
    """Ours must be `times` faster than the best of some peers."""

    case: str
    mode: str
    groups: tuple[str, ...]
    against: str
    times: float
    of: str = ""
    width: int = 0
    activity: float = 0.0
    peers: tuple[str, ...] = ()
    """Only these; all where empty."""

    @property
    def title(self) -> str:
        if self.case == "f":
            return f"latency of one sample of {self.of.upper()}, against {self.against}"
        if self.case == "g":
            inputs = f"{100 * self.activity:g} % spikes" if self.activity else "dense"
            return f"n={self.width}, {inputs}, forward and backward, against {self.against}"
        return f"{self.mode}, against {self.against}"

    def opponents(self, rows: Rows) -> list[Row]:
        """The pairs that take part, the fastest peer first."""
        found = [
            row
            for row in rows.of_kind("pair")
            if (row["case"], row["mode"], row["of"]) == (self.case, self.mode, self.of)
            and (row["width"], row["input_spikes"]) == (self.width, self.activity)
            and row["group"] in self.groups
            and (not self.peers or row["peer"] in self.peers)
        ]
        return sorted(found, key=peer_seconds)

    def result(self, rows: Rows) -> Result:
        bar, opponents = f">= {self.times:g}x", self.opponents(rows)
        if not opponents:
            return Result(self.case, self.title, bar, "")
        best = opponents[0]
        names = f"{best['library']} {best['formulation']}, {best['threads']} thread{'s' * (best['threads'] > 1)}"
        doubt = "" if best["quiet"] and best["near"] else "; disturbed"
        detail = f"{figure(best, 'ours')} against {figure(best, 'theirs')} ({names}{doubt})"
        return Result(self.case, self.title, bar, f"{best['ratio']:.2f}x", detail, best["ratio"] >= self.times)


def peer_seconds(pair: Row) -> float:
    theirs = pair["theirs"]
    return theirs["p50_ms"] * 1e-3 if pair["case"] == "f" else theirs["seconds"][0]


def figure(pair: Row, side: str) -> str:
    """A side's speed in the unit of its case."""
    row = pair[side]
    if pair["case"] == "f":
        return f"{row['p50_ms']:.3g} ms"
    if pair["case"] == "g":
        seconds = row["seconds"] if side == "ours" else row["seconds"][0]
        return f"{1e3 * seconds:.3g} ms"
    rate = row["samples_per_second"] if side == "ours" else row["samples_per_second"][0]
    return f"{rate:,.0f} samples/s"


FASTER = [
    Faster("a", "train", (DOCUMENTED,), "the best library as documented", 12),
    Faster("a", "train", (HOISTED,), "the best library, input product hoisted", 4.8),
    Faster("a", "train", (COMPILED,), "torch.compile by hand", 1.5, peers=("torch",)),
    Faster("a", "inference", (DOCUMENTED,), "the best library as documented", 20),
    Faster("a", "inference", (HOISTED,), "the best library, input product hoisted", 5.7),
    Faster("a", "inference", (COMPILED,), "torch.compile by hand", 1.8, peers=("torch",)),
    Faster("b", "train", (DOCUMENTED,), "the best library as documented", 4.6),
    Faster("b", "train", (BY_HAND, COMPILED), "the best written by hand and compiled", 3),
    Faster("b", "inference", (DOCUMENTED,), "the best library as documented", 7),
    Faster("b", "inference", (BY_HAND, COMPILED), "the best written by hand and compiled", 3),
    Faster("e", "train", EVERYONE, "the best of all", 12),
    Faster("e", "inference", EVERYONE, "the best of all", 18),
    Faster("f", "inference", LIBRARIES, "the best library", 10, of="a"),
    Faster("f", "inference", (BY_HAND, COMPILED), "the best written by hand and compiled", 3, of="a"),
    Faster("f", "inference", LIBRARIES, "the best library", 7, of="b"),
    Faster("f", "inference", (BY_HAND, COMPILED), "the best written by hand and compiled", 3.5, of="b"),
    *(
        Faster("g", "train", EVERYONE, "the best of all", times, width=width, activity=activity)
        for width in WIDTHS
        for activity, times in ((0.0, 1.0), (0.2, 3.0), (0.05, 8.0), (0.01, 15.0))
    ),
]


# ---------------------------------------------------------------- the rest


def tails(rows: Rows) -> Iterable[Result]:
    """The slowest percent of our latencies against the middle: the median of the runs that others left alone."""
    for of in "ab":
        runs = [r["ours"] for r in rows.of_kind("pair") if r["case"] == "f" and r["of"] == of and r["quiet"]]
        title, bar = f"latency of one sample of {of.upper()}, p99 over p50", "<= 2"
        if not runs:
            yield Result("f", title, bar, "")
            continue
        ordered = sorted((run["p99_ms"] / run["p50_ms"], run["p50_ms"], run["p99_ms"]) for run in runs)
        ratio, middle, tail = ordered[len(ordered) // 2]
        spread = f"{ordered[0][0]:.2f} to {ordered[-1][0]:.2f} in {len(runs)} undisturbed runs"
        detail = f"p50 {middle:.3g} ms, p99 {tail:.3g} ms; {spread}"
        yield Result("f", title, bar, f"{ratio:.2f}", detail, ratio <= 2)


def at_most(
    rows: Rows, name: str, what: str, limit: float, value: Callable[[Row], float], show: Callable[[float], str]
) -> Result:
    """A cold start figure under its limit."""
    found = [row for row in rows.of_kind("start") if row.get("how") == name]
    if not found:
        return Result("h", what, f"<= {show(limit)}", "")
    measured = value(found[0])
    return Result("h", what, f"<= {show(limit)}", show(measured), "", measured <= limit)


def cold_start(rows: Rows) -> Iterable[Result]:
    def milliseconds(seconds: float) -> str:
        return f"{1e3 * seconds:.3g} ms"

    def median(row: Row) -> float:
        return float(row["seconds"][0])

    yield at_most(rows, "C", "C program: load, create, first inference", 0.020, median, milliseconds)
    yield at_most(rows, "Python", "Python: `import snn` and first inference", 0.15, median, milliseconds)
    yield at_most(
        rows,
        "C",
        "installed size beside numpy",
        20e6,
        lambda row: float(row["installed_bytes"]),
        lambda size: f"{size / 1e6:.3g} MB",
    )


def our_peak(rows: Rows, case: str) -> int | None:
    """The most that training needed in any of our runs with two threads."""
    pairs = [r for r in rows.of_kind("pair") if r["case"] == case and r["mode"] == "train"]
    return max((pair["ours"]["peak_memory_bytes"] for pair in pairs), default=None)


def memory(rows: Rows) -> Iterable[Result]:
    for case in "ab":
        title, bar, mine = "peak training memory, against the best peer", "<= 1/4", our_peak(rows, case)
        theirs = sorted(
            (r for r in rows.of_kind("memory") if r["case"] == case), key=lambda row: row["theirs"]["peak_bytes"]
        )
        if mine is None or not theirs:
            yield Result(case, title, bar, "")
            continue
        best = theirs[0]
        share = mine / best["theirs"]["peak_bytes"]
        against = f"{best['theirs']['peak_bytes'] / 1e6:.1f} MB ({best['library']} {best['formulation']})"
        yield Result(case, title, bar, f"1/{1 / share:.2f}", f"{mine / 1e6:.1f} MB against {against}", share <= 0.25)


def two_threads(rows: Rows) -> Iterable[Result]:
    by_case = {(row["case"], row["mode"]): row for row in rows.of_kind("threads")}
    for case in "abe":
        for mode in ("train", "inference"):
            title, bar, row = f"{mode}, two threads against one", ">= 1.8x", by_case.get((case, mode))
            if row is None:
                yield Result(case, title, bar, "")
                continue
            two, one = (f"{row[side]['samples_per_second']:,.0f}" for side in ("two", "one"))
            detail = f"{two} against {one} samples/s" + ("" if row["quiet"] and row["near"] else " (disturbed)")
            yield Result(case, title, bar, f"{row['ratio']:.2f}x", detail, row["ratio"] >= 1.8)


def activity(rows: Rows) -> Iterable[Result]:
    for case in "abeg":
        shares = [
            layer["ratio"]
            for row in rows.of_kind("activity")
            if row["case"] == case
            for layer in row["layers"].values()
            if layer["ratio"] is not None
        ]
        title, bar = "activity of every layer, ours over theirs, same inputs and weights", "0.8 to 1.2"
        if not shares:
            yield Result(case, title, bar, "")
            continue
        measured, detail = f"{min(shares):.3f} to {max(shares):.3f}", f"{len(shares)} layer{'s' * (len(shares) > 1)}"
        yield Result(case, title, bar, measured, detail, all(0.8 <= share <= 1.2 for share in shares))


def linear(rows: Rows) -> Iterable[Result]:
    found = curves(rows)
    for grows in GROWTH:
        title, bar = f"growth with {grows}", f"exponent <= {LINEAR:g}"
        curve = found.get(grows)
        if curve is None or curve.exponent is None:
            yield Result("", title, bar, "")
            continue
        detail = f"steepest step {curve.steepest:.2f}; {curve.sizes[0]:g} to {curve.sizes[-1]:g}"
        yield Result("", title, bar, f"{curve.exponent:.2f}", detail, curve.exponent <= LINEAR)


def results(rows: Rows) -> list[Result]:
    """Every bar, in the order of the cases."""
    every = [bar.result(rows) for bar in FASTER]
    for part in (tails, cold_start, memory, two_threads, activity, linear):
        every += part(rows)
    return sorted(every, key=lambda result: result.case or "z")
