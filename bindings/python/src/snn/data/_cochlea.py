"""Sound as events: a bank of filters whose levels, in decibels, tell when they have risen or fallen by a step.

    power    P[t, c] = sum_f M[c, f] |FFT(w x[t hop ... t hop + window])[f]|^2        M: triangles on the mel scale
    level    L[t, c] = 10 log10(P[t, c] / max P), at least FLOOR
    event    ON  of channel c where L reaches r + STEP; r grows by STEP
             OFF of channel c where L reaches r - STEP; r falls by STEP               r = FLOOR at the start

Times are interpolated between frames. Nothing is random: a sound gives the same events always. A steady sound gives none.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

RATE = 8000
"""Samples a second."""
CHANNELS = 64
"""Filters."""
LOWEST, HIGHEST = 100.0, 3900.0
"""Hertz of the first triangle's lower and the last one's upper end."""
WINDOW, HOP, LENGTH = 200, 40, 1024
"""Samples of a frame (25 ms), between frames (5 ms), and of the transform, filled with zeros for narrow filters."""
FLOOR, STEP = -50.0, 6.0
"""Decibels: the level below which everything is silence, and of an event."""


@functools.cache
def filterbank() -> NDArray[np.float64]:
    """Triangles on the mel scale, [channels, frequencies]."""

    def mel(hertz: float) -> float:
        return 2595 * float(np.log10(1 + hertz / 700))

    edges = 700 * (10 ** (np.linspace(mel(LOWEST), mel(HIGHEST), CHANNELS + 2) / 2595) - 1)
    frequencies = np.fft.rfftfreq(LENGTH, 1 / RATE)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (frequencies - low) / (centre - low)
    falling = (high - frequencies) / (high - centre)
    return np.asarray(np.maximum(0, np.minimum(rising, falling)), np.float64)


def levels(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Decibels below the loudest moment of the loudest channel, [frames, channels]; a silent sound is at the floor."""
    padded = np.concatenate([np.zeros(WINDOW // 2), sound, np.zeros(WINDOW // 2)])
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW), LENGTH)) ** 2 @ filterbank().T
    greatest = power.max(initial=0)
    if greatest == 0:
        return np.full(power.shape, FLOOR)
    return np.asarray(10 * np.log10(np.maximum(power / greatest, 10 ** (FLOOR / 10))), np.float64)


def events(sound: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Times in microseconds and units of a sound: OFF of channel c is unit c, ON is CHANNELS + c; in order of time."""
    level = levels(sound)
    reference = np.full(CHANNELS, FLOOR)
    last = np.full(CHANNELS, FLOOR)
    times: list[NDArray[np.float64]] = []
    units: list[NDArray[np.int64]] = []
    for frame, now in enumerate(level):
        for sign in (1, -1):
            # Each round takes one step of every channel that has one left.
            while (moved := np.flatnonzero(sign * (now - reference) >= STEP)).size:
                reference[moved] += sign * STEP
                part = (reference[moved] - last[moved]) / (now[moved] - last[moved])
                times.append((frame - 1 + part) * (HOP / RATE * 1e6))
                units.append(moved + (CHANNELS if sign > 0 else 0))
        last = now
    if not times:
        return np.empty(0), np.empty(0, np.int64)
    # The first frame has none before it: what it holds began at 0.
    moments, neurons = np.maximum(0, np.concatenate(times)), np.concatenate(units)
    order = np.lexsort((neurons, moments))
    return moments[order], neurons[order]
