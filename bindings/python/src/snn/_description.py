"""The parts of a network description as Python objects. Each writes what it was given and nothing else: names, ranges
and defaults are the library's (`snn.plugins()` lists them)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Union

from ._convert import given
from ._errors import ArgumentError


class Part:
    """A component by name, with parameters."""

    _key = "kind"

    def __init__(self, _component: str, **parameters: Any) -> None:
        self.name = _component
        self.parameters = parameters

    def _json(self) -> dict[str, Any]:
        return {self._key: self.name, **self.parameters}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Part) and self._json() == other._json()

    def __hash__(self) -> int:
        return hash((self._key, self.name))

    def __repr__(self) -> str:
        members = [repr(self.name), *(f"{name}={value!r}" for name, value in self.parameters.items())]
        base = next(kind for kind in type(self).__mro__ if Part in kind.__bases__ or kind is Part)
        return f"{base.__name__}({', '.join(members)})"


Choice = Union[str, Mapping[str, Any], Part]
"""A component: its name, a part, or its JSON object."""


class Coding(Part):
    """How values become activity: `Coding("rate")`."""


class Readout(Part):
    """How the last node's activity becomes scores: `Readout("membrane", reduce="max")`."""


class Loss(Part):
    """What training lowers: `Loss("cross_entropy")`."""


class Optimizer(Part):
    """How weights move: `Optimizer("adam", learning_rate=1e-3)`."""


class Schedule(Part):
    """How the learning rate changes over the epochs: `Schedule("cosine")`."""


class Neuron(Part):
    """A neuron model of any plugin: `Neuron("lif.adaptive", tau_mem=20)`."""

    _key = "model"


class LIF(Neuron):
    """Leaky integrate-and-fire, `Neuron("lif", ...)`."""

    def __init__(self, **parameters: Any) -> None:
        super().__init__("lif", **parameters)


class SynapticLIF(Neuron):
    """LIF behind an exponential synapse, `Neuron("lif.synaptic", ...)`."""

    def __init__(self, **parameters: Any) -> None:
        super().__init__("lif.synaptic", **parameters)


class AdaptiveLIF(Neuron):
    """LIF with an adaptive threshold, `Neuron("lif.adaptive", ...)`."""

    def __init__(self, **parameters: Any) -> None:
        super().__init__("lif.adaptive", **parameters)


class Integrator(Neuron):
    """Leaky integrator that never fires, for readouts, `Neuron("lif.integrator", ...)`."""

    def __init__(self, **parameters: Any) -> None:
        super().__init__("lif.integrator", **parameters)


class ReLU(Neuron):
    """Rectified linear unit of ordinary networks, `Neuron("relu", ...)`."""

    def __init__(self, **parameters: Any) -> None:
        super().__init__("relu", **parameters)


class TTFS(Neuron):
    """At most one spike, at an exact time, `Neuron("ttfs", ...)`."""

    def __init__(self, **parameters: Any) -> None:
        super().__init__("ttfs", **parameters)


class TTFSMembrane(Neuron):
    """Never spikes: the last layer of a network of spike times, `Neuron("ttfs.membrane")`."""

    def __init__(self) -> None:
        super().__init__("ttfs.membrane")


class Stage(Part):
    """What acts on activity between two layers: `Stage("average_pool", kernel=2)`."""


class AveragePool(Stage):
    """Mean of each window."""

    def __init__(self, kernel: int | tuple[int, int], **parameters: Any) -> None:
        super().__init__("average_pool", kernel=kernel, **parameters)


class MaxPool(Stage):
    """Largest of each window; of spikes OR, step by step, or with `counts=True` the largest count so far."""

    def __init__(self, kernel: int | tuple[int, int], **parameters: Any) -> None:
        super().__init__("max_pool", kernel=kernel, **parameters)


class Flatten(Stage):
    """Makes a row of an image."""

    def __init__(self) -> None:
        super().__init__("flatten")


class Dropout(Stage):
    """Silences a random share of what passes, in training only; `mask` is "step" or "window"."""

    def __init__(self, probability: float | None = None, **parameters: Any) -> None:
        super().__init__("dropout", **given(probability=probability), **parameters)


class Layer:
    """A connection and the neurons it feeds: `Layer({"kind": "dense", "outputs": 10}, neuron="lif")`."""

    def __init__(self, connection: Choice, *, neuron: Choice, name: str | None = None) -> None:
        self.connection = connection
        self.neuron = neuron
        self.name = name

    def _json(self) -> dict[str, Any]:
        return given(name=self.name, connection=self.connection, neuron=self.neuron)

    def __repr__(self) -> str:
        name = "" if self.name is None else f", name={self.name!r}"
        return f"{type(self).__name__}({self.connection!r}, neuron={self.neuron!r}{name})"


class Dense(Layer):
    """Every input to every one of `outputs` neurons."""

    def __init__(self, outputs: int, *, neuron: Choice, name: str | None = None, **parameters: Any) -> None:
        super().__init__({"kind": "dense", "outputs": outputs, **parameters}, neuron=neuron, name=name)


class Conv2d(Layer):
    """Two-dimensional convolution to `channels` maps of neurons."""

    def __init__(
        self,
        channels: int,
        kernel: int | tuple[int, int],
        *,
        neuron: Choice,
        name: str | None = None,
        **parameters: Any,
    ) -> None:
        connection = {"kind": "conv2d", "channels": channels, "kernel": kernel, **parameters}
        super().__init__(connection, neuron=neuron, name=name)


def layers_json(layers: Iterable[Layer | Stage | Mapping[str, Any]]) -> list[object]:
    """The document's layers: stages join the layer that follows; those at the end are a node of their own."""
    result: list[object] = []
    stages: list[Stage] = []
    for layer in layers:
        if isinstance(layer, Stage):
            stages.append(layer)
        elif isinstance(layer, Layer):
            result.append({**layer._json(), **({"stages": stages} if stages else {})})
            stages = []
        elif isinstance(layer, Mapping) and not stages:
            result.append(layer)
        else:
            raise ArgumentError(
                f"layers must be layers, stages or JSON objects that hold their own stages, got {layer!r}"
            )
    if stages:
        result.append({"stages": stages})
    return result
