"""Train and run spiking neural networks.

    import snn

    network, report = snn.run("digits-lif")
    print(report["accuracy"])

Everything is computed by libsnn (`Include/snn.h`); this package turns it into Python. Whatever the library refuses
comes out as a subclass of SnnError whose text states the law and the value.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._conversion import ConversionLayer, ConversionPoint, ConversionReport
from ._dataset import Dataset
from ._description import (
    LIF,
    TTFS,
    AdaptiveLIF,
    AveragePool,
    Coding,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    Integrator,
    Layer,
    Loss,
    MaxPool,
    Neuron,
    Optimizer,
    Readout,
    ReLU,
    Schedule,
    Stage,
    SynapticLIF,
    TTFSMembrane,
)
from ._errors import (
    ArgumentError,
    Cancelled,
    CorruptError,
    DataMissingError,
    DocumentError,
    FileError,
    LibraryError,
    MemoryLimitError,
    NotFiniteError,
    NotSupportedError,
    ParameterError,
    PluginError,
    ProcessorError,
    ShapeError,
    SnnError,
    StateError,
    UnknownNameError,
)
from ._events import Events
from ._library import lib as _lib
from ._library import path as library_path
from ._library import text as _text
from ._network import Network, Node
from ._neuron import NeuronModel, define_neuron, load_plugin
from ._plugins import Component, Parameter, plugins
from ._progress import Progress
from ._recipe import run
from ._recording import Recording
from ._session import Session
from ._trainer import Trainer

if TYPE_CHECKING:
    from . import fs, onnx, plot

__version__ = _text(_lib.snn_version())
build_info = _text(_lib.snn_build_info())
"""One line on the build of the library: version, processor, compiler."""

__all__ = [
    "AdaptiveLIF",
    "ArgumentError",
    "AveragePool",
    "Cancelled",
    "Coding",
    "Component",
    "Conv2d",
    "ConversionLayer",
    "ConversionPoint",
    "ConversionReport",
    "CorruptError",
    "DataMissingError",
    "Dataset",
    "Dense",
    "DocumentError",
    "Dropout",
    "Events",
    "FileError",
    "Flatten",
    "Integrator",
    "LIF",
    "Layer",
    "LibraryError",
    "Loss",
    "MaxPool",
    "MemoryLimitError",
    "Network",
    "Neuron",
    "NeuronModel",
    "Node",
    "NotFiniteError",
    "NotSupportedError",
    "Optimizer",
    "Parameter",
    "ParameterError",
    "PluginError",
    "ProcessorError",
    "Progress",
    "ReLU",
    "Readout",
    "Recording",
    "Schedule",
    "Session",
    "ShapeError",
    "SnnError",
    "Stage",
    "StateError",
    "SynapticLIF",
    "TTFS",
    "TTFSMembrane",
    "Trainer",
    "UnknownNameError",
    "build_info",
    "define_neuron",
    "fs",
    "library_path",
    "load_plugin",
    "onnx",
    "plot",
    "plugins",
    "run",
]


def __getattr__(name: str) -> Any:
    """The parts that few programs enter, loaded by the first that does."""
    if name in ("fs", "onnx", "plot"):
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
