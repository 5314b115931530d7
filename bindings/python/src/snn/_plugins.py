"""What the library was built with."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from typing import Any, NamedTuple

from ._library import lib, text


class Parameter(NamedTuple):
    """A parameter of a component."""

    name: str
    type: str
    """number, integer, list, boolean, choice, text"""
    unit: str
    """"ms"; "1" without dimension"""
    default: str
    range: str
    meaning: str

    def __str__(self) -> str:
        unit = "" if self.unit in ("", "1") else f" {self.unit}"
        default = f" = {self.default}{unit}" if self.default else unit
        return f"{self.name}{default} ({self.range}): {self.meaning}"


class Component(NamedTuple):
    """A neuron, coding, readout, connection, stage, rule, optimizer, schedule or loss."""

    plugin: str
    kind: str
    name: str
    summary: str
    parameters: tuple[Parameter, ...]

    def __str__(self) -> str:
        lines = [f"{self.kind} {self.name} [{self.plugin}]: {self.summary}"]
        return "\n".join(lines + [f"    {parameter}" for parameter in self.parameters])

    def __repr__(self) -> str:
        return str(self)


class Components(tuple[Component, ...]):
    """Components; printed one a paragraph, each with its parameters."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(map(str, self))


def _texts(function: Any, count: int, *indices: int) -> Iterable[str]:
    values = [ctypes.c_char_p() for _ in range(count)]
    function(*indices, *map(ctypes.byref, values))
    return [text(value.value) for value in values]


def _count(function: Any, *indices: int) -> int:
    count = ctypes.c_size_t()
    function(*indices, ctypes.byref(count))
    return count.value


def plugins(kind: str | None = None) -> Components:
    """Every component that networks and training can be made of, or those of one `kind`, with their parameters."""
    found = []
    for index in range(_count(lib.snn_component_count)):
        plugin, its_kind, name, summary = _texts(lib.snn_component, 4, index)
        if kind in (None, its_kind):
            parameters = tuple(
                Parameter(*_texts(lib.snn_component_parameter, 6, index, number))
                for number in range(_count(lib.snn_component_parameter_count, index))
            )
            found.append(Component(plugin, its_kind, name, summary, parameters))
    return Components(found)
