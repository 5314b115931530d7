"""How much of the machine others used while something was being timed.

Foreign share: CPU time that processes outside this one's tree used, as a fraction of all cores. A wall-clock figure
from a machine that others use too means little without it. Linux only; elsewhere every moment counts as quiet.
"""

from __future__ import annotations

import os
import time

CORES = os.cpu_count() or 1
TICK = os.sysconf("SC_CLK_TCK")
LIMIT = 0.05
"""Disturbed: others used more than this share of the cores that a measurement needs, or kept it waiting that long."""


def _busy() -> float:
    """Seconds of CPU time used on the whole machine since it started, time stolen by its host included."""
    try:
        with open("/proc/stat") as file:
            user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, file.readline().split()[1:9])
    except OSError:
        return _own()
    return (user + nice + system + irq + softirq + steal) / TICK


def _own() -> float:
    t = os.times()
    return t.user + t.system + t.children_user + t.children_system


def _waited() -> float:
    """Seconds that threads of this process were ready to run but had no core."""
    total = 0
    for thread in os.listdir("/proc/self/task") if os.path.isdir("/proc/self/task") else []:
        try:
            with open(f"/proc/self/task/{thread}/schedstat") as file:
                total += int(file.read().split()[1])
        except OSError:  # the thread has ended
            pass
    return total * 1e-9


class Meter:
    """Runs from when it is made."""

    def __init__(self) -> None:
        self.wall, self.busy, self.own, self.wait = time.perf_counter(), _busy(), _own(), _waited()

    def share(self) -> float:
        """The foreign share so far. CPU time is counted in ticks of 10 ms, so short spans are coarse."""
        wall = time.perf_counter() - self.wall
        return max(0.0, (_busy() - self.busy - (_own() - self.own)) / (wall * CORES)) if wall > 0 else 0.0

    def undisturbed(self, threads: int) -> bool:
        """Whether work on `threads` threads had its cores for itself. Cores that it does not need may be busy."""
        wall = time.perf_counter() - self.wall
        share, needed = self.share(), min(threads, CORES)
        if share <= LIMIT * needed / CORES:
            return True
        return share <= allowed(threads) and _waited() - self.wait <= LIMIT * wall


def allowed(threads: int) -> float:
    """The foreign share that leaves `threads` cores free."""
    needed = min(threads, CORES)
    return (CORES - needed + LIMIT * needed) / CORES


def wait_until_quiet(share: float, limit: float, window: float = 0.4) -> float:
    """Sleeps until others use at most `share`, or `limit` seconds have passed; returns the share last seen."""
    end = time.perf_counter() + limit
    while True:
        meter = Meter()
        time.sleep(window)
        seen = meter.share()
        if seen <= share or time.perf_counter() > end:
            return seen
        time.sleep(min(1.0, max(0.0, end - time.perf_counter())))
