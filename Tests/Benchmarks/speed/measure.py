"""How each kind of measurement is made. Every one starts a process of its own and returns a row."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from . import installed, machine, paths, quiet
from .peers import PEERS
from .plan import Measurement
from .rows import Row, Rows
from .timing import figures

KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(4 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(4 << 30),
    "MALLOC_TOP_PAD_": str(64 << 20),
}
"""Tells glibc to keep memory that a program frees. Peers free and take large arrays all the time and run up to twice as
fast so; ours runs as it comes."""
Run = Callable[[], tuple[Row, bool]]
HOPELESS = 2.0
"""Peers this many times slower than the best on dense input are not measured again on spikes, which they multiply by
as densely."""


@dataclass(frozen=True)
class Settings:
    """How long a run takes over each measurement."""

    repetitions: int
    seconds: float
    """The shortest repetition."""
    limit: float
    """Seconds for one peer's repetitions, at most."""
    tries: int
    """Tries for a quiet machine with its cores near each other."""
    patience: float
    """Seconds to wait for that before each try."""
    spare: float
    """Seconds that waiting and second tries may take over the whole run; then every measurement has one try."""
    starts: int
    """Fresh processes of cold start and import."""
    timeout: float = 600.0


FULL = Settings(repetitions=7, seconds=0.25, limit=6.0, tries=3, patience=10.0, spare=720.0, starts=5)
QUICK = Settings(repetitions=3, seconds=0.05, limit=1.0, tries=1, patience=0.0, spare=0.0, starts=2)


class Measuring:
    """Makes measurements, in the light of the rows that there are."""

    def __init__(self, settings: Settings, rows: Rows) -> None:
        self.settings, self.rows, self.spare = settings, rows, settings.spare
        self.nearness = machine.Nearness(rows)
        self.kinds: dict[str, Callable[[Measurement], Row]] = {
            "machine": self.limits,
            "activity": self.activity,
            "pair": self.pair,
            "threads": self.both_thread_counts,
            "growth": self.growth,
            "memory": self.memory,
            "start": self.start,
            "import": self.imports,
        }

    def measure(self, m: Measurement) -> Row:
        """The row of a measurement; where it fails, a row with the error."""
        row: Row = {"key": m.key, "kind": m.kind, "when": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())}
        row |= {"case": m.case, "of": m.of, "mode": m.mode, "threads": m.threads}
        row |= {"width": m.width, "input_spikes": m.activity, "grows": m.grows, "size": m.size}
        try:
            return row | self.kinds[m.kind](m)
        except subprocess.TimeoutExpired:
            return row | {"error": f"took longer than {self.settings.timeout:g} s"}
        except paths.Failure as failure:
            return row | {"error": str(failure)}

    # ---------------------------------------------------------------- waiting

    def wait(self, threads: int) -> None:
        """Until others leave enough cores alone, if that is soon enough."""
        start = time.monotonic()
        if self.spare > 0:
            quiet.wait_until_quiet(quiet.allowed(threads), self.settings.patience)
        # A machine that is quiet costs one look at it, which no run should be short of.
        self.spare -= max(0.0, time.monotonic() - start - 0.5)

    def wait_until_near(self) -> float:
        """Until the cores are near each other, if that is soon enough; the last probe."""
        start = time.monotonic()
        rate = self.nearness.wait(self.settings.patience if self.spare > 0 else 0.0)
        self.spare -= max(0.0, time.monotonic() - start - 0.5)
        return rate

    # ---------------------------------------------------------------- processes

    def process(self, command: list[str], environment: dict[str, str]) -> tuple[Row, float]:
        """The last JSON line that a command prints, and the foreign share while it ran."""
        meter = quiet.Meter()
        done = subprocess.run(
            command,
            cwd=paths.HERE,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=self.settings.timeout,
        )
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if done.returncode or not lines:
            said = (done.stderr or done.stdout).strip().splitlines() or ["no output"]
            what = f"`{' '.join(map(os.path.basename, command))}` ended with {done.returncode}"
            raise paths.Failure(f"{what}: {said[-1][:300]}")
        return json.loads(lines[-1]), meter.share()

    def ours(self, m: Measurement, threads: int | None = None) -> tuple[Row, bool]:
        """A run of `snn bench`, and whether others left it alone."""
        count = m.threads if threads is None else threads
        command = [str(paths.PROGRAM), "bench", m.case, "--json", "--threads", str(count), "--mode", m.mode]
        if m.case == "f":
            # Every call is a repetition here: about as many as fit in the time that peers have.
            command += ["--of", m.of, "--repetitions", "2000" if self.settings.tries > 1 else "200"]
        else:
            command += ["--seconds", f"{self.settings.seconds}", "--repetitions", f"{self.settings.repetitions}"]
        if m.case == "g":
            command += ["--width", f"{m.width}"]
        if m.activity:
            command += ["--activity", f"{m.activity}"]
        if m.grows:
            command += [f"--{m.grows}", f"{m.size:g}"]
        row, share = self.process(command, {})
        return row, share <= quiet.allowed(count)

    def theirs(self, m: Measurement, what: str) -> tuple[Row, bool]:
        """A run of a peer, and whether others left enough of its repetitions alone."""
        command = [sys.executable, "-m", "speed.peer", m.peer, "--what", what, "--case", m.of or m.case]
        command += ["--formulation", m.formulation, "--mode", m.mode, "--threads", f"{m.threads}"]
        command += ["--repetitions", f"{self.settings.repetitions}", "--seconds", f"{self.settings.seconds}"]
        command += ["--limit", f"{self.settings.limit}"]
        if m.case == "f":
            command += ["--batch", "1"]
        if m.case == "g":
            command += ["--width", f"{m.width}", "--activity", f"{m.activity}"]
        environment = {"TORCHINDUCTOR_CACHE_DIR": str(paths.BUILD / "inductor"), "TORCH_LOGS": "-all"}
        row, share = self.process(command, environment | ({} if what == "memory" else KEEP_MEMORY))
        alone = row.get("undisturbed_repetitions", 0) >= min(3, self.settings.repetitions)
        return row, alone or share <= quiet.allowed(m.threads)

    # ---------------------------------------------------------------- kinds

    def in_turn(self, threads: int, first: Run, second: Run) -> Row:
        """Runs both, one after the other, until nothing disturbed them: others' work, or cores that moved apart.

        The try kept is the first undisturbed one, else the one that was disturbed least.
        """
        best: tuple[int, Row] | None = None
        for number in range(1, self.settings.tries + 1):
            if number > 1 and self.spare <= 0:
                break
            tried, start, two = number, time.monotonic(), threads > 1
            self.wait(threads)
            rates = [self.wait_until_near()] if two else []
            a, a_quiet = first()
            rates += [self.nearness.rate()] if two else []
            b, b_quiet = second()
            rates += [self.nearness.rate()] if two else []
            near = self.nearness.near(rates)
            row = {"first": a, "second": b, "core_to_core_gbs": rates}
            row |= {"near": near, "quiet": a_quiet and b_quiet}
            grade = 2 * (not near) + (not row["quiet"])
            if best is None or grade < best[0]:
                best = (grade, row)
            if grade == 0:
                break
            self.spare -= time.monotonic() - start
        assert best is not None
        return best[1] | {"tries": tried}

    def pair(self, m: Measurement) -> Row:
        """Ours, then theirs; `ratio` says how many times faster ours was."""
        facts = {"peer": m.peer, "library": PEERS[m.peer].name, "formulation": m.formulation, "group": m.group}
        if m.case == "g" and m.activity and self.hopeless(m):
            return facts | {"left_out": f"more than {HOPELESS:g} times slower than the best peer on dense input"}
        latency = m.case == "f"
        row = self.in_turn(
            m.threads, lambda: self.ours(m), lambda: self.theirs(m, "latency" if latency else "speed")
        )
        ours, theirs = row.pop("first"), row.pop("second")
        if latency:
            ratio = theirs["p50_ms"] / ours["p50_ms"]
        else:
            ratio = ours["samples_per_second"] / theirs["samples_per_second"][0]
        return facts | row | {"ours": ours, "theirs": theirs, "ratio": ratio}

    def hopeless(self, m: Measurement) -> bool:
        """Whether a peer is far behind the best on dense input of the same width."""
        dense = [
            row
            for row in self.rows.of_kind("pair")
            if row["case"] == "g" and row["width"] == m.width and row["mode"] == m.mode and not row["input_spikes"]
        ]
        mine = [r for r in dense if (r["peer"], r["formulation"]) == (m.peer, m.formulation)]
        fastest = max((row["theirs"]["samples_per_second"][0] for row in dense), default=0.0)
        return bool(mine) and mine[0]["theirs"]["samples_per_second"][0] * HOPELESS < fastest

    def both_thread_counts(self, m: Measurement) -> Row:
        """Ours with one thread and with two; `ratio` is what the second brings."""
        row = self.in_turn(m.threads, lambda: self.ours(m, 1), lambda: self.ours(m))
        one, two = row.pop("first"), row.pop("second")
        return row | {"one": one, "two": two, "ratio": two["samples_per_second"] / one["samples_per_second"]}

    def growth(self, m: Measurement) -> Row:
        self.wait(m.threads)
        ours, alone = self.ours(m)
        return {"ours": ours, "quiet": alone}

    def memory(self, m: Measurement) -> Row:
        """A peer's peak; of those that come near the lowest of all, the lowest of three, since JAX's doubles at times."""
        theirs, _ = self.theirs(m, "memory")
        others = [row["theirs"]["peak_bytes"] for row in self.rows.of_kind("memory") if row["case"] == m.case]
        if self.settings.tries > 1 and theirs["peak_bytes"] < 2 * min(others, default=0):
            again = [self.theirs(m, "memory")[0] for _ in range(2)]
            theirs = min([theirs, *again], key=lambda row: int(row["peak_bytes"]))
        facts = {"peer": m.peer, "library": PEERS[m.peer].name, "formulation": m.formulation, "group": m.group}
        return facts | {"theirs": theirs}

    def activity(self, m: Measurement) -> Row:
        command = [sys.executable, "-m", "speed.activity", "--case", m.case]
        if m.case == "g":
            command += ["--width", f"{m.width}", "--activity", f"{m.activity}"]
        return self.process(command, {})[0]

    def limits(self, m: Measurement) -> Row:
        limits = machine.run_probe(m.peer, m.threads) + (machine.run_probe(m.peer, 1) if m.threads > 1 else [])
        return {"limits": limits}

    def start(self, m: Measurement) -> Row:
        """From nothing to the first scores: of a C program, of `snn bench h`, of Python, of Python without us."""
        python = {"Python": installed.OURS, "interpreter": "pass"}
        if m.peer == "program":
            row, _ = self.process([str(paths.PROGRAM), "bench", "h", "--json"], {})
            seconds = (row["seconds"], row["seconds_min"], row["seconds_max"])
        elif m.peer == "C":
            command = [str(machine.probe("cold_start")), str(paths.LIBRARY)]
            runs = [self.process(command, {})[0]["milliseconds"] for _ in range(self.settings.starts + 1)]
            seconds = tuple(1e-3 * value for value in figures(runs[1:]))  # the first fills the page cache
        else:
            seconds = self.fresh_python(python[m.peer])
        return {"how": m.peer, "seconds": seconds, "installed_bytes": installed.our_bytes()}

    def imports(self, m: Measurement) -> Row:
        """Time of a process that imports a peer and does nothing, and what is on the disk for it."""
        seconds = self.fresh_python(installed.import_code(m.peer))
        return {"library": m.peer, "seconds": seconds, **installed.package_facts(m.peer)}

    def fresh_python(self, code: str) -> tuple[float, float, float]:
        """Median, minimum, maximum over new interpreters, start and end included."""
        times = []
        others = {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu", "PYTHONPYCACHEPREFIX": str(paths.BYTECODE)}
        environment = {**os.environ, **others}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for number in range(self.settings.starts + 1):
            self.wait(1)
            start = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-W", "ignore", "-c", code],
                env=environment,
                capture_output=True,
                text=True,
                timeout=self.settings.timeout,
            )
            if done.returncode:
                raise paths.Failure(f"python -c {code!r} failed: {done.stderr.strip()[-300:]}")
            if number:  # the first fills the page cache and the folder of bytecode
                times.append(time.perf_counter() - start)
        return figures(times)
