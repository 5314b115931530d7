"""Writes RESULTS.md, results.json and the charts from the rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from page import table

from . import bars, charts, growth, roofline
from .machine import Nearness, description
from .peers import GROUPS, PEERS
from .plan import ACTIVITIES, WIDTHS
from .rows import Row, Rows
from .tasks import TASKS
from .timing import figures

Lines = list[str]


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def spread(middle: float, low: float, high: float) -> str:
    return f"{number(middle)} ({number(low)}-{number(high)})"


def mark(pair: Row) -> str:
    """What stood in the way of a measurement after all its tries."""
    return "".join(sign for sign, fine in (("!", pair["quiet"]), ("?", pair["near"])) if not fine)


# ---------------------------------------------------------------- tables of pairs


def rates(run: Row) -> tuple[float, float, float]:
    """Median, minimum and maximum of a run of ours."""
    return run["samples_per_second"], run["samples_per_second_min"], run["samples_per_second_max"]


def milliseconds(of: tuple[float, float, float], batch: float) -> tuple[float, float, float]:
    """Of a call, from samples a second: the fastest rate is the shortest time."""
    return 1e3 * batch / of[0], 1e3 * batch / of[2], 1e3 * batch / of[1]


def all_of_ours(pairs: list[Row]) -> tuple[float, float, float]:
    """The median of the medians of our runs, the slowest and the fastest repetition of all."""
    runs = [rates(pair["ours"]) for pair in pairs]
    return figures([run[0] for run in runs])[0], min(run[1] for run in runs), max(run[2] for run in runs)


def speed_table(pairs: list[Row]) -> Lines:
    """Samples a second of ours and of every formulation, the fastest first."""
    number_of = f"{len(pairs)} run{'s' * (len(pairs) > 1)}"
    lines = [["**snn**", pairs[0]["ours"]["version"], f"in turn with each below, {number_of}"]]
    lines[0] += [spread(*all_of_ours(pairs)), "", "", ""]
    for pair in sorted(pairs, key=bars.peer_seconds):
        theirs = pair["theirs"]
        hidden = next(iter(theirs["activity"].values()), None)
        line = [pair["library"], theirs["version"].split("+")[0], f"{pair['formulation']} ({pair['group']})"]
        line += [spread(*theirs["samples_per_second"]), spread(*rates(pair["ours"]))]
        line += [f"{pair['ratio']:.2f}{mark(pair)}", "" if hidden is None else f"{100 * hidden:.2g} %"]
        lines.append(line)
    header = ["library", "version", "formulation", "samples/s", "ours beside it", "ratio", "first layer active"]
    return table(header, lines, right=header[3:])


def speed_sections(rows: Rows) -> Iterator[str]:
    for case in "abe":
        task = TASKS[case]
        for mode in ("train", "inference"):
            pairs = [r for r in rows.of_kind("pair") if (r["case"], r["mode"]) == (case, mode)]
            if not pairs:
                continue
            yield from [f"### {case.upper()}, {mode}", ""]
            yield from [f"{task.what}; T = {task.steps}, batch {task.batch}, {pairs[0]['threads']} threads.", ""]
            yield from [*speed_table(pairs), ""]


def latency_sections(rows: Rows) -> Iterator[str]:
    for of in "ab":
        pairs = [r for r in rows.of_kind("pair") if r["case"] == "f" and r["of"] == of]
        if not pairs:
            continue
        lines = []
        for pair in sorted(pairs, key=bars.peer_seconds):
            ours, theirs = pair["ours"], pair["theirs"]
            line = [pair["library"], f"{pair['formulation']} ({pair['group']})", pair["threads"]]
            line += [f"{theirs['p50_ms']:.3g}", f"{theirs['p99_ms']:.3g}"]
            line += [f"{ours['p50_ms']:.3g}", f"{ours['p99_ms']:.3g}", f"{pair['ratio']:.2f}{mark(pair)}"]
            lines.append(line)
        header = ["library", "formulation", "threads", "p50 ms", "p99 ms", "our p50 ms", "our p99 ms", "ratio"]
        yield from [f"### F, one sample of {of.upper()}", "", *table(header, lines, right=header[2:]), ""]


def linear_sections(rows: Rows) -> Iterator[str]:
    for mode in ("train", "inference"):
        pairs = [r for r in rows.of_kind("pair") if r["case"] == "g" and r["mode"] == mode]
        if not pairs:
            continue
        what = "forward and backward" if mode == "train" else "forward"
        shape = f"linear n to n and LIF, T = 500, batch 16, {pairs[0]['threads']} threads"
        yield from [f"### G, {what}", "", f"Milliseconds a call: {shape}.", ""]
        lines = []
        for width in WIDTHS:
            for spikes in ACTIVITIES:
                here = [r for r in pairs if (r["width"], r["input_spikes"]) == (width, spikes)]
                inputs = f"{100 * spikes:g} % spikes" if spikes else "dense"
                if here:
                    ours = milliseconds(all_of_ours(here), here[0]["ours"]["batch"])
                    lines.append([width, inputs, "**snn**", "", spread(*ours), "", ""])
                for pair in sorted(here, key=bars.peer_seconds):
                    theirs = pair["theirs"]
                    line = [width, inputs, pair["library"], pair["formulation"]]
                    line += [spread(*(1e3 * seconds for seconds in theirs["seconds"]))]
                    ours = milliseconds(rates(pair["ours"]), pair["ours"]["batch"])
                    lines.append([*line, spread(*ours), f"{pair['ratio']:.2f}{mark(pair)}"])
        header = ["n", "input", "library", "formulation", "ms", "ours beside it", "ratio"]
        yield from [*table(header, lines, right=["n", *header[4:]]), ""]


# ---------------------------------------------------------------- the rest


def bar_table(results: list[bars.Result]) -> Lines:
    header = ["case", "what", "bar", "measured", "verdict", "from"]
    lines = [[r.case.upper(), r.what, r.bar, r.measured, r.verdict, r.detail] for r in results]
    return table(header, lines)


def thread_table(rows: Rows) -> Lines:
    header = ["case", "mode", "1 thread, samples/s", "2 threads, samples/s", "ratio"]
    lines = [
        [r["case"].upper(), r["mode"], spread(*rates(r["one"])), spread(*rates(r["two"])), f"{r['ratio']:.2f}{mark(r)}"]
        for r in rows.of_kind("threads")
    ]
    return table(header, lines, right=header[2:])


def memory_table(rows: Rows) -> Lines:
    header = ["case", "library", "formulation", "peak MB", "over ours"]
    lines: list[list[object]] = []
    for case in "ab":
        mine = bars.our_peak(rows, case)
        if mine is not None:
            lines.append([case.upper(), "**snn**", "", f"{mine / 1e6:.1f}", ""])
        found = [row for row in rows.of_kind("memory") if row["case"] == case]
        for row in sorted(found, key=lambda row: row["theirs"]["peak_bytes"]):
            peak = row["theirs"]["peak_bytes"]
            over = f"{peak / mine:.1f}" if mine else ""
            lines.append([case.upper(), row["library"], row["formulation"], f"{peak / 1e6:.1f}", over])
    return table(header, lines, right=header[3:])


def start_table(rows: Rows) -> Lines:
    what = {
        "C": "snn, C: load, create, first inference",
        "program": "snn, program: from its start to its end, one inference (`snn bench h`)",
        "Python": "snn, Python: interpreter, import, create, first inference",
        "interpreter": "Python interpreter alone",
    }
    header = ["what", "version", "ms", "installed MB beside numpy", "packages"]
    lines: list[list[object]] = []
    for row in rows.of_kind("start"):
        size = f"{row['installed_bytes'] / 1e6:.1f}" if row["how"] in ("C", "Python") else ""
        lines.append([what[row["how"]], "", spread(*(1e3 * s for s in row["seconds"])), size, ""])
    for row in rows.of_kind("import"):
        line = [f"{row['library']}: interpreter and import", row["version"].split("+")[0]]
        line += [spread(*(1e3 * seconds for seconds in row["seconds"]))]
        size = f"{row['installed_bytes'] / 1e6:.1f}" if row["library"] != "numpy" else ""
        lines.append([*line, size, row["packages"]])
    return table(header, lines, right=header[2:])


def activity_table(rows: Rows) -> Lines:
    header = ["case", "layer", "ours", "theirs", "ratio"]
    lines = []
    for row in rows.of_kind("activity"):
        case = row["key"].removeprefix("activity ").upper().replace("DENSE", "dense").replace("N", "n=", 1)
        for name, layer in row["layers"].items():
            ratio = "" if layer["ratio"] is None else f"{layer['ratio']:.4f}"
            shares = (f"{100 * layer[side]:.3g} %" for side in ("ours", "theirs"))
            lines.append([case, name, *shares, ratio])
    return table(header, lines, right=header[2:])


def roofline_table(rows: Rows) -> Lines:
    header = ["call", "ms", "GFLOP", "of SGEMM peak", "event MB", "of memory bandwidth"]
    header += ["optimizer MB", "rest", "rest ns"]
    lines = []
    for place in roofline.places(rows):
        done = place.work
        line = [place.title, number(1e3 * place.seconds), number(done.operations / 1e9), f"{100 * place.dense:.0f} %"]
        line += [number(done.event_bytes / 1e6), f"{100 * place.events:.0f} %", number(done.optimizer_bytes / 1e6)]
        lines.append([*line, f"{100 * place.rest:.0f} %", f"{place.nanoseconds:.2f}"])
    return table(header, lines, right=header[1:])


def limits_table(rows: Rows) -> Lines:
    header = ["limit", "threads", "median", "min-max", "unit"]
    lines = [
        [e["what"], e["threads"], number(e["median"]), f"{number(e['min'])}-{number(e['max'])}", e["unit"]]
        for row in rows.of_kind("machine")
        for e in row["limits"]
    ]
    return table(header, sorted(lines, key=lambda line: (line[4], line[1])), right=header[1:4])


def growth_table(rows: Rows) -> Lines:
    header = ["grows", "case", "exponent", "steepest step", "ms by size"]
    lines = []
    for curve in growth.curves(rows).values():
        points = ", ".join(f"{size:g}: {number(1e3 * t)}" for size, t in zip(curve.sizes, curve.seconds))
        exponent = "" if curve.exponent is None else f"{curve.exponent:.2f}"
        lines.append([curve.grows, curve.case.upper(), exponent, f"{curve.steepest:.2f}", points])
    return table(header, lines, right=header[2:4])


def machine_lines(rows: Rows) -> Lines:
    facts = rows.by_key.get("start of the run", {}).get("machine") or description()
    caches = ", ".join(f"{name} {size}" for name, size in facts["caches"].items())
    near = [rate for row in rows.by_key.values() for rate in row.get("core_to_core_gbs", [])]
    lines = [
        f"- {facts['processor']}, {facts['cores']} cores{' of a virtual machine' if facts['virtual'] else ''},"
        f" {facts['vectors']}; {caches}; {facts['memory_gib']} GiB",
        f"- {facts['system']}, Python {facts['python']}",
    ]
    days = sorted(row["when"][:10] for row in rows.by_key.values() if "when" in row)
    if days:
        lines.append(f"- measured on {' to '.join(dict.fromkeys([days[0], days[-1]]))}")
    if near:
        middle, low, high = figures(near)
        spread_ = f"{low:.0f} to {high:.0f} GB/s (median {middle:.0f})"
        lines.append(f"- one core reads what the other has just written at {spread_}")
    return lines


def left_out(rows: Rows) -> Lines:
    """What failed, and what was not worth measuring."""
    lines = [f"- `{key}`: {row['error'].splitlines()[-1]}" for key, row in rows.by_key.items() if "error" in row]
    skipped = sorted({f"- `{key}`: {row['left_out']}" for key, row in rows.by_key.items() if "left_out" in row})
    return lines + skipped


# ---------------------------------------------------------------- the page

INTRODUCTION = """
Ours and theirs in turn, one process a measurement; ratio = ours / theirs, so 2 is twice as fast. Figures are medians
with (minimum-maximum) over repetitions. `!` marks a pair that others' work disturbed in every try, `?` one whose two
cores were not near each other in any. README.md says what is measured and how; results.json holds every row.
""".strip()

FORMULATIONS = ["Formulations:", "", *(f"- {name}: {meaning}" for name, meaning in GROUPS.items())]

ROOFLINE = f"""
Operations and bytes are counted from shapes and from the activity above, by these formulas:

{roofline.__doc__.split(chr(10) * 2, 1)[1].strip() if roofline.__doc__ else ""}

Shares are of the whole call, so the products' and the spikes' do not add up to 1 where a call holds both; a share of
the memory bandwidth above 100 % says that rows of weights came from a cache. SGEMM peak: the faster of PyTorch's and
NumPy's BLAS at 1024 x 1024 x 1024. «rest» is the share of the call beyond products at that peak, rows of weights at the
bandwidth of the second-level cache and the optimizer at that of memory: neuron passes (charge, fire, reset, and
backward the surrogate and the membranes), coding, loss, and products slower than the peak because they are small or
thin. «rest ns» spreads it over neurons and steps (a training step counts forward and backward).
""".strip()

MEMORY = """
Peak resident memory above what the process held just before its first training call, network and data made. Ours is
the highest of all runs, 2 threads. Theirs is measured without the settings that make glibc keep freed memory, after one
call (so that what they load and compile does not count) and after dropping gradients and moments (so that these do); the
lowest of three runs for those that come near the lowest of all.
""".strip()

START = """
Processes start anew each time, after one that fills the page cache. Peers only import; ours also creates a network of
784-1000-10 and infers once.
""".strip()


def document(rows: Rows, pictures: set[str]) -> str:
    results = bars.results(rows)
    judged = [result for result in results if result.reached is not None]
    reached, unknown = sum(result.reached is True for result in judged), len(results) - len(judged)
    runs = {row["build"] for row in rows.by_key.values() if "build" in row}
    mixed = ["", f"Rows come from {len(runs)} builds of the library."] if len(runs) > 1 else []

    def section(title: str, *parts: Lines | str) -> Lines:
        flat = [line for part in parts for line in ([part] if isinstance(part, str) else part)]
        return [f"## {title}", "", *flat, ""]

    def picture(name: str, text: str) -> Lines:
        return [f"![{text}]({name})", ""] if name in pictures else []

    total = f"{reached} of {len(judged)} bars reached" + (f", {unknown} not measured." if unknown else ".")
    lines = ["# Speed beside other libraries", "", INTRODUCTION, "", total, *mixed, ""]
    lines += picture("throughput.svg", "Samples a second of snn and of the best peer of each kind, cases A, B and E")
    lines += section("Bars", bar_table(results))
    lines += section("Machine", machine_lines(rows), "", limits_table(rows))
    lines += section("A, B, E: samples a second", FORMULATIONS, "", [*speed_sections(rows)])
    lines += section("F: latency", "One sample, inference, every call timed.", "", [*latency_sections(rows)])
    lines += section("G: one layer", [*linear_sections(rows)])
    lines += section("Threads", thread_table(rows))
    lines += section("Peak training memory", MEMORY, "", memory_table(rows))
    lines += section("H: cold start and size", START, "", start_table(rows))
    lines += section("Activity", "Spikes per neuron and step, same inputs and weights.", "", activity_table(rows))
    lines += section("Roofline", ROOFLINE, "", roofline_table(rows))
    drawn = picture("growth.svg", "Milliseconds a call against T, N, batch and activity, on logarithmic axes")
    lines += section("Growth", "One thread.", "", drawn, growth_table(rows))
    missing = left_out(rows)
    if missing:
        lines += section("Not measured", missing)
    text = "\n".join(lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.rstrip() + "\n"


# ---------------------------------------------------------------- results.json


def flat_rows(rows: Rows) -> Iterator[dict[str, Any]]:
    """Every row in one shape: what was measured, where, and the figures in `unit`."""

    def row(source: Row, library: str, formulation: str, version: str, threads: int, **figures_: Any) -> dict[str, Any]:
        place = {"case": source["case"] + (f" of {source['of']}" if source["of"] else ""), "mode": source["mode"]}
        place |= {"formulation": formulation, "library": library, "version": version, "threads": threads}
        place |= {name: source[name] for name in ("width", "input_spikes", "grows", "size") if source.get(name)}
        empty = {"median": None, "min": None, "max": None, "unit": "", "peak_bytes": None, "ratio": None}
        return {**place, **empty, "activity": {}, **figures_}

    def three(values: Any, unit: str) -> dict[str, Any]:
        return dict(zip(("median", "min", "max"), values)) | {"unit": unit}

    def ours(source: Row, run: Row, formulation: str = "snn bench") -> dict[str, Any]:
        extra = {name: run[name] for name in ("p50_ms", "p99_ms") if name in run}
        figures_ = three(rates(run), "samples/s") | {"peak_bytes": run["peak_memory_bytes"]} | extra
        return row(source, "snn", formulation, run["version"], run["threads"], activity=run["activity"], **figures_)

    for source in rows.of_kind("pair"):
        theirs = source["theirs"]
        extra = {name: theirs[name] for name in ("p50_ms", "p99_ms") if name in theirs}
        tried = {name: source[name] for name in ("near", "quiet", "tries")}
        figures_ = three(theirs["samples_per_second"], "samples/s") | {"ratio": source["ratio"]} | extra | tried
        yield {**ours(source, source["ours"]), **tried, "beside": f"{source['library']} {source['formulation']}"}
        yield row(
            source,
            source["library"],
            source["formulation"],
            theirs["version"],
            source["threads"],
            activity=theirs["activity"],
            group=source["group"],
            **figures_,
        )
    for source in rows.of_kind("threads"):
        yield from (ours(source, source["one"]), ours(source, source["two"]) | {"ratio": source["ratio"]})
    for source in rows.of_kind("growth"):
        yield ours(source, source["ours"])
    for source in rows.of_kind("memory"):
        theirs = source["theirs"]
        names = (source["library"], source["formulation"], theirs["version"], theirs["threads"])
        yield row(source, *names, unit="bytes", peak_bytes=theirs["peak_bytes"])
    for source in rows.of_kind("start"):
        yield row(source | {"case": "h"}, "snn", source["how"], "", 1, **three(source["seconds"], "s"))
    for source in rows.of_kind("import"):
        facts = three(source["seconds"], "s") | {"installed_bytes": source["installed_bytes"]}
        yield row(source | {"case": "h"}, source["library"], "import", source["version"], 1, **facts)
    for source in rows.of_kind("activity"):
        yield row(source, "snn and PyTorch by hand", "activity", "", 1, activity=source["layers"])


def data(rows: Rows) -> dict[str, Any]:
    """All of results.json."""
    start = rows.by_key.get("start of the run", {})
    results = bars.results(rows)
    return {
        "machine": start.get("machine") or description(),
        "versions": start.get("versions", {}),
        "limits": [entry for row in rows.of_kind("machine") for entry in row["limits"]],
        "bars": [{**vars(result)} for result in results],
        "rows": list(flat_rows(rows)),
    }


def rounded(value: Any) -> Any:
    """The same with six digits, which is more than was measured."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {name: rounded(member) for name, member in value.items()}
    return [rounded(member) for member in value] if isinstance(value, (list, tuple)) else value


def text_of(document_: dict[str, Any]) -> str:
    """JSON with one line for each entry of a list, so that a difference shows the rows that differ."""
    parts = []
    for name, value in rounded(document_).items():
        if isinstance(value, list):
            lines = ",\n".join(f"  {json.dumps(entry)}" for entry in value)
            parts.append(f"{json.dumps(name)}: [\n{lines}\n ]")
        else:
            parts.append(f"{json.dumps(name)}: {json.dumps(value)}")
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def write(rows: Rows, folder: Path) -> list[Path]:
    """Writes all four files and returns them."""
    folder.mkdir(parents=True, exist_ok=True)
    nearness = Nearness(rows)
    for row in rows.by_key.values():  # again, now that the best rate of the whole run is known
        if "core_to_core_gbs" in row:
            row["near"] = nearness.near(row["core_to_core_gbs"])
    drawings = {"throughput.svg": charts.throughput, "growth.svg": charts.growth}
    pictures = {name for name, draw in drawings.items() if draw(rows, folder / name)}
    (folder / "RESULTS.md").write_text(document(rows, pictures), encoding="utf-8")
    (folder / "results.json").write_text(text_of(data(rows)), encoding="utf-8")
    return [folder / name for name in ("RESULTS.md", "results.json", *sorted(pictures))]


def versions() -> dict[str, str]:
    """Of everything compared with."""
    from importlib.metadata import version

    names = [peer.package for peer in PEERS.values()] + ["numpy", "flax", "optax", "jaxlib"]
    return {name: version(name) for name in sorted(set(names))}
