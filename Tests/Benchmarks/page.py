"""Markdown that also reads as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[str] = ()) -> list[str]:
    """The lines of a table; the columns named in `right` are flushed right."""
    lines = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines)]

    def line(cells: Sequence[str]) -> str:
        padded = (c.rjust(w) if h in right else c.ljust(w) for c, w, h in zip(cells, widths, header))
        return f"| {' | '.join(padded)} |"

    rule = [f"{'-' * (w - 1)}:" if h in right else "-" * w for w, h in zip(widths, header)]
    return [line(lines[0]), line(rule), *map(line, lines[1:])]
