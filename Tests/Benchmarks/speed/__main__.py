"""The speed comparison: measures what the plan holds and writes RESULTS.md. Run by run.sh.

An interrupted run goes on where it stopped, as long as the library was not built anew in between.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Sequence

from . import paths, plan, report
from .machine import description
from .measure import FULL, QUICK, Measuring
from .rows import END, Row, Rows, build_mark


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a little of every kind, to see that it works")
    parser.add_argument("--only", metavar="REGEX", help="measure what matches (again), keep the other rows; see --list")
    parser.add_argument("--disturbed", action="store_true", help="measure again what others disturbed in every try")
    parser.add_argument("--report", action="store_true", help="write the page from the rows that there are")
    parser.add_argument("--fresh", action="store_true", help="forget what an interrupted run has measured")
    parser.add_argument("--list", action="store_true", help="print the plan and which of it is measured")
    result = parser.parse_args(given)
    if result.only is not None:
        try:
            re.compile(result.only)
        except re.error as error:
            parser.error(f"--only must be a regular expression, got {result.only!r}: {error}")
    return result


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def outcome(row: Row) -> str:
    """A few words on a row for the progress line."""
    if "error" in row:
        return f"FAILED: {row['error'].splitlines()[-1][:160]}"
    if "left_out" in row:
        return f"left out: {row['left_out']}"
    if "ratio" in row:
        doubt = [name for name, fine in (("not quiet", row["quiet"]), ("cores not near", row["near"])) if not fine]
        return f"{row['ratio']:.2f}x" + (f" ({', '.join(doubt)} after {row['tries']} tries)" if doubt else "")
    return "done"


def wanted(item: plan.Measurement, row: Row | None, chosen: argparse.Namespace) -> bool:
    """Whether a run with these options measures it."""
    if chosen.only is not None and not re.search(chosen.only, item.key):
        return False
    if chosen.disturbed:
        return row is not None and not (row.get("quiet", True) and row.get("near", True))
    return chosen.only is not None or row is None or "error" in row


def measure(todo: list[plan.Measurement], rows: Rows, measuring: Measuring, mark: str) -> int:
    """Adds a row for each; returns how many failed."""
    start, failed, done, whole = time.monotonic(), 0, 0.0, sum(item.cost for item in todo)
    for number, item in enumerate(todo, 1):
        row = measuring.measure(item) | {"build": mark}
        rows.add(row)
        failed += "error" in row
        done += 0.0 if "left_out" in row else item.cost
        whole -= item.cost if "left_out" in row else 0.0
        left = (time.monotonic() - start) / max(done, 1.0) * (whole - done)
        print(f"[{number}/{len(todo)}, {clock(left)} left] {item.key}: {outcome(row)}", flush=True)
    return failed


def main(given: Sequence[str] | None = None) -> int:
    chosen = arguments(given)
    folder = paths.BUILD / "quick" if chosen.quick else paths.BUILD
    rows, everything = Rows(folder / "rows.jsonl"), plan.quick() if chosen.quick else plan.everything()
    if chosen.list:
        for item in everything:
            print(f"{'measured' if item.key in rows.by_key else '        '}  {item.key}")
        return 0
    if not chosen.report:
        for path in (paths.PROGRAM, paths.LIBRARY):
            if not path.exists():
                raise paths.Failure(f"{path} is missing; run `make build` first")
        mark = build_mark()
        part = chosen.only is not None or chosen.disturbed
        if not part and (chosen.fresh or rows.complete or not rows.of_build(mark)):
            rows.restart()
        if "start of the run" not in rows.by_key:
            facts = {"machine": description(), "versions": report.versions()}
            rows.add({"key": "start of the run", "build": mark, **facts})
        todo = [item for item in everything if wanted(item, rows.by_key.get(item.key), chosen)]
        if not todo:
            print("bench: nothing to measure" + (f" matches --only {chosen.only}" if chosen.only else ""))
        elif len(todo) < len(everything) and not part:
            print(f"bench: going on with {len(todo)} of {len(everything)} measurements (--fresh begins anew)")
        failed = measure(todo, rows, Measuring(QUICK if chosen.quick else FULL, rows), mark)
        if failed:
            print(f"bench: {failed} measurements failed; run again to try them again", file=sys.stderr)
        elif not part:
            rows.add({"key": END, "build": mark})
    # A quick run and a run of a part say nothing that is worth keeping beside the sources.
    whole = not chosen.quick and (chosen.report or chosen.only is None)
    for path in report.write(rows, paths.HERE if whole else folder):
        print(f"bench: wrote {path}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except paths.Failure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("\nbench: interrupted; the same command goes on from here", file=sys.stderr)
        sys.exit(130)
