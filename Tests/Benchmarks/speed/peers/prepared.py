"""What a peer's module hands to the one that times it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


def nothing() -> None:
    """A peer that has nothing to forget."""


@dataclass(frozen=True)
class Prepared:
    """A network with its data, ready to be called."""

    version: str
    call: Callable[[], None]
    """One train step, or one inference."""
    forget: Callable[[], None] = nothing
    """Drops gradients and moments."""
    activity: Callable[[], dict[str, float]] = dict
    """Spikes per neuron and step by layer, at the initial weights."""
    built_on: dict[str, str] = field(default_factory=dict)
    """Versions of the frameworks below."""
