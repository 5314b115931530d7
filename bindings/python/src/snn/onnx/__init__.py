"""Analog networks from ONNX files: what PyTorch and others export becomes a network document with its weights.

    network = snn.onnx.load("resnet18.onnx")
    scores = network.predict(images)            # [batch, channels, height, width], as the file's graph takes them

Needs the package `onnx` (`pip install 'snn[onnx]'`). docs/onnx.md tells what is supported and how it maps. A node that
is not supported is refused by name; none is skipped.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._network import Network

__all__ = ["convert", "load"]


def load(path: str | os.PathLike[str], name: str | None = None) -> Network:
    """The network of an ONNX file: coding "constant", analog neurons, scores as the graph's output has them.

    name: the network's; by default the graph's own. Errors: FileError and CorruptError for files that cannot be read;
    MemoryLimitError for those that would take memory out of proportion to their size; NotSupportedError, ShapeError,
    DocumentError and NotFiniteError with the node's name for what a graph must not hold.
    """
    try:
        import onnx  # noqa: F401
    except ImportError as problem:
        raise ImportError(
            "snn.onnx needs the package onnx, which is not installed: pip install onnx, or pip install 'snn[onnx]'"
        ) from problem
    from ._document import network
    from ._fold import folded
    from ._model import read
    from ._translate import translated

    model = read(path)
    return network(folded(translated(model)), name or model.name or "onnx")


def convert(path: str | os.PathLike[str], out: str | os.PathLike[str], name: str | None = None) -> None:
    """Writes the network of an ONNX file as a file of this library, which `snn`, C and `Network.load` read."""
    load(path, name).save(out)
