"""The file of rows: one JSON line a measurement, so that a run that was interrupted goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from . import paths

Row = dict[str, Any]
END = "end"


def build_mark() -> str:
    """Changes with our program and library: rows of another build are not this run's."""
    digest = hashlib.sha256()
    for path in (paths.PROGRAM, paths.LIBRARY):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


class Rows:
    """The latest row of every key."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.by_key: dict[str, Row] = {}
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            try:
                row = json.loads(line)
            except ValueError:  # cut off while being written
                continue
            self.by_key[row["key"]] = row

    @property
    def complete(self) -> bool:
        """Whether the run that wrote the file came to its end."""
        return END in self.by_key

    def of_build(self, mark: str) -> bool:
        return all(row.get("build", mark) == mark for row in self.by_key.values())

    def restart(self) -> None:
        """Begins a new file and keeps the old one beside it."""
        if self.path.exists():
            self.path.replace(self.path.with_suffix(".before.jsonl"))
        self.by_key = {}

    def add(self, row: Row) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        torn = self.path.exists() and not self.path.read_bytes().endswith(b"\n") and self.path.stat().st_size > 0
        with self.path.open("a", encoding="utf-8") as file:
            file.write("\n" * torn + json.dumps(row) + "\n")
        self.by_key[row["key"]] = row

    def of_kind(self, kind: str) -> list[Row]:
        """Rows of a kind that were measured, without those that failed or were left out."""
        return [r for r in self.by_key.values() if r.get("kind") == kind and "error" not in r and "left_out" not in r]
