"""How our time grows with the size of a task: points, and the exponent of the power law that fits them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .plan import GROWTH
from .rows import Rows

LINEAR = 1.05
"""An exponent up to this counts as linear: what a fit to a handful of noisy points can tell."""


@dataclass(frozen=True)
class Curve:
    """Seconds of a call by size."""

    grows: str
    case: str
    sizes: tuple[float, ...]
    seconds: tuple[float, ...]

    @property
    def exponent(self) -> float | None:
        """The slope of log seconds over log size, by least squares over all points."""
        if len(self.sizes) < 2:
            return None
        x, y = [math.log(v) for v in self.sizes], [math.log(v) for v in self.seconds]
        mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
        covariance = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y))
        return covariance / sum((a - mean_x) ** 2 for a in x)

    @property
    def steepest(self) -> float:
        """The largest slope between two neighbours: where a cache ends shows here, not in the fit."""
        points = list(zip(self.sizes, self.seconds))
        slopes = [math.log(t / s) / math.log(b / a) for (a, s), (b, t) in zip(points, points[1:])]
        return max(slopes, default=0.0)


def curves(rows: Rows) -> dict[str, Curve]:
    """What was measured, by what grows."""
    result = {}
    for grows, (case, _, _) in GROWTH.items():
        points = sorted(
            (row["size"], row["ours"]["seconds"]) for row in rows.of_kind("growth") if row["grows"] == grows
        )
        if points:
            result[grows] = Curve(grows, case, *map(tuple, zip(*points)))
    return result
