"""Operations become layers of a network document, and their numbers its tensors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._errors import MemoryLimitError, NotSupportedError
from .._network import Network
from ._values import Add, Flatten, Input, Linear, Neuron, Norm, Op, Pool, ZeroPad, operations, readers

Stage = str | dict[str, Any]
_STAGES = (Pool, ZeroPad, Flatten)
_LINEAR = "relu.identity"
MOST_LAYERS = 4096
"""Layers of a network; the time to make one grows with their square."""
_IDENTITY: dict[str, Any] = {"kind": "identity"}


@dataclass
class _Source:
    """How the activity of an operation is had: that of a layer, through some stages."""

    layer: str
    stages: list[Stage] = field(default_factory=list)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Zeros that are still to be put around it, behind the stages."""

    @property
    def all_stages(self) -> list[Stage]:
        """The stages with those zeros."""
        return self.stages + ([{"kind": "zero_pad", "padding": list(self.pads)}] if any(self.pads) else [])


def network(last: Op, name: str) -> Network:
    """The network whose scores are what `last` sends."""
    if len(last.shape) != 1 and last.shape[1:] != (1, 1):
        raise NotSupportedError(
            f"the output must be [batch, values], {last.label} gives [batch, {', '.join(map(str, last.shape))}]"
        )
    if last.order is not None:
        raise NotSupportedError(f"the output must not list the pixels of an image, as that of {last.label} does")
    builder = _Builder(last)
    shape = builder.input.shape
    made = Network.from_json(
        {
            "name": name,
            "input": {"shape": list(shape)},
            "steps": 1,
            "coding": "constant",
            "layers": builder.layers,
            "readout": "membrane",
        }
    )
    tensors = made.tensors
    for tensor, numbers in builder.tensors.items():
        _write(numbers, tensors[tensor].reshape(numbers.shape))
    return made


def _write(numbers: NDArray[Any], target: NDArray[Any]) -> None:
    """Copies in strips of outputs, which both sides have in near memory: axes are in another order in the file."""
    for first in range(0, numbers.shape[-1], 64):
        target[..., first : first + 64] = numbers[..., first : first + 64]


class _Builder:
    """Makes the layers in the order of the operations."""

    def __init__(self, last: Op) -> None:
        self.layers: list[dict[str, Any]] = []
        self.tensors: dict[str, NDArray[Any]] = {}
        self._names = {"input": 1}
        self._sources: dict[int, _Source] = {}
        ops = operations(last)
        self._readers = readers(ops)
        found = [op for op in ops if isinstance(op, Input)]
        if not found:
            raise NotSupportedError(f"the output, that of {last.label}, must depend on the input")
        self.input = found[0]
        for op in ops:
            if id(op) not in self._sources:
                self._add(op)
        self._close(last)

    def _add(self, op: Op) -> None:
        if isinstance(op, Input):
            self._sources[id(op)] = _Source("input")
        elif isinstance(op, _STAGES):
            self._sources[id(op)] = self._staged(op)
        elif isinstance(op, Add):
            names = [self._sources[id(source)].layer for source in op.inputs]
            if len(set(names)) < len(names):
                raise NotSupportedError(f"{op.label}: a sum that takes the same activity twice is not supported")
            self._layer(op, _Source(names[0]), _IDENTITY, inputs=names)
        else:
            source = self._sources[id(op.inputs[0])]
            if isinstance(op, Linear):
                self._connect(op, source)
            elif isinstance(op, Norm):
                self._normalise(op, source)
            else:
                assert isinstance(op, Neuron)
                self._layer(op, source, _IDENTITY, neuron=op)

    # ---------------------------------------------------------------- stages

    def _staged(self, op: Op) -> _Source:
        """The source with one stage more; a layer of its own where several read it, or a sum."""
        before = self._sources[id(op.inputs[0])]
        if isinstance(op, ZeroPad):
            pads = tuple(a + b for a, b in zip(before.pads, op.pads))
            source = _Source(before.layer, before.stages, (pads[0], pads[1], pads[2], pads[3]))
        elif isinstance(op, Pool):
            source = _Source(before.layer, [*before.all_stages, _pool(op)])
        elif len(op.inputs[0].shape) == 3 and op.inputs[0].shape[1:] != (1, 1):
            source = _Source(before.layer, [*before.all_stages, "flatten"])
        else:
            source = before  # one pixel is a row already
        read_by = self._readers[id(op)]
        if source.all_stages and (len(read_by) != 1 or isinstance(read_by[0], Add)):
            name = self._name(op.name)
            self._append({"name": name, "stages": source.all_stages}, [source.layer])
            return _Source(name)
        return source

    # ---------------------------------------------------------------- layers

    def _connect(self, op: Linear, source: _Source) -> None:
        outputs = op.weight.shape[-1]
        connection: dict[str, Any] = {"kind": "dense", "outputs": outputs}
        weight = op.weight
        if op.weight.ndim == 4:
            pads = tuple(a + b for a, b in zip(source.pads, op.pads))
            kernel = op.weight.shape[:2]
            # The same zeros on all sides belong to the connection; others are a stage.
            if len(set(pads)) == 1 and pads[0] < min(kernel):
                source, padding = _Source(source.layer, source.stages), pads[0]
            else:
                source, padding = _Source(source.layer, source.stages, (pads[0], pads[1], pads[2], pads[3])), 0
            connection = {"kind": "conv2d", "channels": outputs, "kernel": list(kernel)}
            connection.update(
                {"stride": op.stride} if op.stride > 1 else {}, **({"padding": padding} if padding else {})
            )
        elif op.inputs[0].order is not None:
            weight = _reordered(weight, op.inputs[0].order)
        if op.bias is None:
            connection["bias"] = False
        name = self._layer(op, source, connection)
        self.tensors[f"{name}.weight"] = weight
        if op.bias is not None:
            self.tensors[f"{name}.bias"] = op.bias

    def _normalise(self, op: Norm, source: _Source) -> None:
        name = self._layer(op, source, {"kind": "batch_norm", "epsilon": op.epsilon})
        for key in ("scale", "shift", "mean", "variance"):
            numbers = getattr(op, key)
            self.tensors[f"{name}.{key}"] = numbers if op.order is None else _reordered(numbers, op.order)

    def _layer(
        self,
        op: Op,
        source: _Source,
        connection: dict[str, Any],
        inputs: list[str] | None = None,
        neuron: Neuron | None = None,
    ) -> str:
        """Appends a layer, with the nonlinearity that alone reads it."""
        read_by = self._readers[id(op)]
        if neuron is None and len(read_by) == 1 and isinstance(read_by[0], Neuron):
            neuron = read_by[0]
        name = self._name(op.name)
        layer: dict[str, Any] = {"name": name}
        if source.all_stages:
            layer["stages"] = source.all_stages
        layer.update(connection=connection, neuron=_LINEAR if neuron is None else neuron.choice)
        self._append(layer, inputs or [source.layer])
        for done in (op, neuron):
            if done is not None:
                self._sources[id(done)] = _Source(name)
        return name

    def _append(self, layer: dict[str, Any], inputs: list[str]) -> None:
        if len(self.layers) == MOST_LAYERS:
            raise MemoryLimitError(f"a network must have <= {MOST_LAYERS} layers, layer {layer['name']!r} is one more")
        before = self.layers[-1]["name"] if self.layers else "input"
        self.layers.append(layer if inputs == [before] else {**layer, "inputs": inputs})

    def _name(self, wanted: str) -> str:
        name = wanted = wanted or "layer"
        while name in self._names:
            self._names[wanted] += 1
            name = f"{wanted}_{self._names[wanted]}"
        self._names[name] = 1
        return name

    def _close(self, last: Op) -> None:
        """Scores are read from a linear layer at the end."""
        source = self._sources[id(last)]
        final = self.layers[-1] if self.layers else {}
        if source.all_stages or source.layer != final.get("name") or final.get("neuron") != _LINEAR:
            name = self._name("scores")
            stages = {"stages": source.all_stages} if source.all_stages else {}
            self._append({"name": name, **stages, "connection": _IDENTITY, "neuron": _LINEAR}, [source.layer])


def _pool(op: Pool) -> Stage:
    stage: dict[str, Any] = {"kind": op.kind, "kernel": list(op.kernel), "stride": op.stride}
    if any(op.pads):
        stage["padding"] = list(op.pads)
        if not op.counts_padding:
            stage["count_padding"] = False
    return stage


def _reordered(numbers: NDArray[Any], image: tuple[int, ...]) -> NDArray[Any]:
    """Rows from the order channel, height, width to height, width, channel, as a view of that shape."""
    return np.moveaxis(numbers.reshape(*image, *numbers.shape[1:]), 0, 2)
