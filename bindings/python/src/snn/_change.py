"""Changes to a network that exists, by path: what `snn eval --set` takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ._errors import ArgumentError, ParameterError, UnknownNameError
from ._plugins import plugins

# What a connection learns; every other tensor is a buffer.
_WEIGHTS = ("weight", "bias")
# Of a float32.
_LARGEST = 3.4028234663852886e38


def changed_document(
    document: dict[str, Any], tensors: Iterable[str], changes: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, float]]:
    """The document with its parameters changed, and the buffers that take another value, by name."""
    if not isinstance(changes, Mapping):
        raise ArgumentError(f"changes must be a dictionary of paths and values, got {changes!r}")
    known = {(part.kind, part.name): {parameter.name for parameter in part.parameters} for part in plugins()}
    buffers = [name for name in tensors if name.rpartition(".")[2] not in _WEIGHTS]
    values: dict[str, float] = {}
    for path, value in changes.items():
        if not isinstance(path, str):
            raise ArgumentError(f"a change must have a path like 'hidden.neuron.time_bits', got {path!r}")
        found = [name for name in buffers if name == path or path.startswith("*.") and name.endswith(path[1:])]
        if found:
            values.update(dict.fromkeys(found, _number(path, value)))
            continue
        components = _components(document, path, known)
        if not components:
            raise UnknownNameError(
                f"unknown place '{path}' in the network; a change is LAYER.neuron.PARAMETER, "
                "LAYER.connection.PARAMETER, LAYER.STAGE.PARAMETER, coding.PARAMETER, readout.PARAMETER or "
                f"LAYER.BUFFER, with * for every layer; layers: {', '.join(_names(document))}; "
                f"buffers: {', '.join(buffers) or 'none'}"
            )
        for component in components:
            component[path.rpartition(".")[2]] = value
    return document, values


def _components(
    document: dict[str, Any], path: str, known: Mapping[tuple[str, str], set[str]]
) -> list[dict[str, Any]]:
    """The components whose parameter `path` names."""
    place, _, parameter = path.rpartition(".")
    if place in ("coding", "readout"):
        candidates = [(place, document[place])]
    else:
        # Layer names may hold dots.
        layer, _, part = place.rpartition(".")
        candidates = []
        for name, node in zip(_names(document), document["layers"]):
            if layer not in ("*", name):
                continue
            if part in ("neuron", "connection") and part in node:
                candidates.append((part, node[part]))
            candidates += [("stage", stage) for stage in node.get("stages", ()) if stage["kind"] == part]
    return [
        component
        for kind, component in candidates
        if parameter in known.get((kind, component["model" if kind == "neuron" else "kind"]), ())
    ]


def _names(document: dict[str, Any]) -> list[str]:
    return [node["name"] for node in document["layers"]]


def _number(path: str, value: object) -> float:
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        number = float(value)
        if abs(number) <= _LARGEST:
            return number
    raise ParameterError(f"{path} must be a finite number, got {value!r}")
