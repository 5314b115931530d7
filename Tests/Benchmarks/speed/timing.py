"""Times a callable in repetitions that others left undisturbed, and measures the memory that it needs."""

from __future__ import annotations

import ctypes
import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from . import quiet

Row = dict[str, Any]


@dataclass(frozen=True)
class Effort:
    """How long to measure."""

    repetitions: int
    seconds: float
    """The shortest repetition."""
    limit: float
    """Seconds of measuring and of waiting for quiet, at most (but three repetitions always)."""


def warm_up(call: Callable[[], None], budget: float = 2.0) -> float:
    """Calls until compilers have settled, which takes three calls; returns the seconds of the first."""
    start = time.perf_counter()
    call()
    first = time.perf_counter() - start
    for number in range(4):
        start_of_call = time.perf_counter()
        call()
        if number >= 1 and time.perf_counter() - start_of_call > budget / 2:
            break
    return first


def spans(call: Callable[[], None], threads: int, effort: Effort) -> tuple[list[list[float]], Row]:
    """The seconds of each call by repetition: undisturbed repetitions, or all where fewer than three were."""
    start = time.perf_counter()
    call()
    calls = max(1, round(effort.seconds / max(time.perf_counter() - start, 1e-7)))
    clean: list[list[float]] = []
    every: list[list[float]] = []
    end = time.perf_counter() + effort.limit
    while len(clean) < effort.repetitions and (time.perf_counter() < end or len(every) < 3):
        meter, times, before = quiet.Meter(), [], time.perf_counter()
        for _ in range(calls):
            call()
            now = time.perf_counter()
            times.append(now - before)
            before = now
        every.append(times)
        if meter.undisturbed(threads):
            clean.append(times)
        elif time.perf_counter() < end:
            quiet.wait_until_quiet(quiet.allowed(threads), max(0.0, end - time.perf_counter()))
    used = clean if len(clean) >= 3 else every
    noticed = {"repetitions": len(used), "undisturbed_repetitions": len(clean), "calls_per_repetition": calls}
    return used, noticed


def figures(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, minimum, maximum."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return median, ordered[0], ordered[-1]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


# ---------------------------------------------------------------- memory


def resident(field: str) -> int:
    """Bytes from /proc/self/status: VmRSS is what is resident now, VmHWM the most since the last reset."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(field)) * 1024


def peak_above_start(call: Callable[[], None], forget: Callable[[], None], calls: int = 4) -> int:
    """The most bytes resident during `calls` calls above those resident just before.

    A call before that lets libraries load what they load and compile what they compile, which is not counted; then
    `forget` drops gradients and moments, so that these do count.
    """
    call()
    forget()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    before = resident("VmRSS")
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # sets the peak back to what is resident now
    for _ in range(calls):
        call()
    return max(0, resident("VmHWM") - before)
