"""The machine: what it is, what it can do at most, and how near its two cores are just now."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from . import paths, quiet
from .rows import Rows

NEAR = 0.65
"""Cores are near each other when they hand over this share of the best rate seen; under two caches it is a third."""
SOURCES = paths.HERE / "machine"


@cache
def probe(name: str) -> Path:
    """A program of machine/, compiled when its source is newer."""
    source, target = SOURCES / f"{name}.c", paths.BUILD / "machine" / name
    newest = max(path.stat().st_mtime for path in (source, SOURCES / "util.h"))
    if target.exists() and target.stat().st_mtime > newest:
        return target
    compiler = os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")
    if compiler is None:
        raise paths.Failure("no C compiler was found for the probes; install gcc or name one: CC=clang make bench")
    target.parent.mkdir(parents=True, exist_ok=True)
    native = "-mcpu=native" if platform.machine() in ("arm64", "aarch64") else "-march=native"
    flags = ["-O3", native, "-ffp-contract=fast", "-pthread", f"-I{paths.ROOT / 'Include'}"]
    made = subprocess.run(
        [compiler, *flags, str(source), "-o", str(target), "-ldl"], capture_output=True, text=True
    )
    if made.returncode:
        raise paths.Failure(f"{source.name} could not be compiled by {compiler}:\n{made.stderr.strip()}")
    return target


def run_probe(what: str, threads: int) -> list[dict[str, Any]]:
    """The limits that a probe finds: "stream", "peak", "sgemm torch"."""
    name, *library = what.split()
    command = [sys.executable, str(SOURCES / "sgemm.py"), *library] if library else [str(probe(name))]
    out = subprocess.run([*command, str(threads)], capture_output=True, text=True)
    if out.returncode:
        raise paths.Failure(f"probe {what} failed: {out.stderr.strip()[-300:]}")
    return [json.loads(line) for line in out.stdout.splitlines() if line.startswith("{")]


class Nearness:
    """Probes how near two cores are; remembers the best rate, against which others are judged."""

    def __init__(self, rows: Rows) -> None:
        """Takes over what the rows have seen."""
        self.best = max((rate for row in rows.by_key.values() for rate in row.get("core_to_core_gbs", [])), default=0.0)

    def rate(self) -> float:
        """GB/s that one core reads of what another has just written."""
        out = subprocess.run([str(probe("pingpong"))], capture_output=True, text=True, check=True)
        rate = float(json.loads(out.stdout)["read_written_gbs"])
        self.best = max(self.best, rate)
        return rate

    def near(self, rates: Iterable[float]) -> bool:
        """Whether the cores were near each other in all of some probes."""
        return all(rate >= NEAR * self.best for rate in rates)

    def wait(self, limit: float) -> float:
        """Probes until the cores are near, for `limit` seconds at most; returns the last rate."""
        end = time.monotonic() + limit
        rate = self.rate()
        while not self.near([rate]) and time.monotonic() < end:
            time.sleep(1)
            rate = self.rate()
        return rate


def description() -> dict[str, Any]:
    """What a reader needs to know of the machine; nothing that names it."""
    facts: dict[str, str] = {}
    if shutil.which("lscpu"):
        text = subprocess.run(["lscpu"], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout
        for line in text.splitlines():
            name, _, value = line.partition(":")
            facts[name.strip()] = value.strip()
    flags = facts.get("Flags", "").split()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    libc = " ".join(platform.libc_ver())
    return {
        "processor": facts.get("Model name") or platform.processor() or platform.machine(),
        "architecture": platform.machine(),
        "cores": quiet.CORES,
        "vectors": next((name for name in ("avx512f", "avx2", "asimd") if name in flags), ""),
        "caches": {name: facts[f"{name} cache"] for name in ("L1d", "L2", "L3") if f"{name} cache" in facts},
        "memory_gib": round(memory / 2**30),
        "virtual": "Hypervisor vendor" in facts,
        "system": f"{platform.system()} {platform.release().split('-')[0]}{', ' + libc if libc else ''}",
        "python": platform.python_version(),
    }
