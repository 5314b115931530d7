"""The rate network that a conversion makes, with the IF nodes of SpikingJelly.

Weights, biases and thresholds are those of a file that `snn convert --to if` wrote, so both libraries run the same network:

    V[t] = V[t-1] + X[t];  a spike where V[t] >= threshold;  V[t] -= threshold there;  V[0] = threshold / 2

A spike is worth the threshold, which is multiplied into the next weights. The last layer is linear, so it runs once, on the
mean of what it received. The current of the first layer is the same at every step and is computed once.

A maximum of rates sends a spike when the largest count of its window grows, so that it has sent exactly the largest count, for
one more sum per pixel. nn.MaxPool2d on spikes lets one through when any of its window spikes: pixels that spike in turns add up,
and long windows get worse.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from spikingjelly.activation_based import functional, neuron


def read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The network document and the tensors of a file."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    document = json.loads(header.pop("__metadata__")["snn.network"])
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        tensors[name] = np.frombuffer(content[start + first : start + last], "<f4").reshape(entry["shape"])
    return document, tensors


class LargestCount(torch.nn.Module):
    """Maximum pooling of rates: a spike when the largest count of a window grows."""

    def __init__(self, kernel: int) -> None:
        super().__init__()
        self.pool = torch.nn.MaxPool2d(kernel)
        self.reset()

    def reset(self) -> None:
        """No spike yet."""
        self.counts: torch.Tensor | float = 0.0
        self.sent: torch.Tensor | float = 0.0

    def forward(self, spikes: torch.Tensor) -> torch.Tensor:
        """One step, [batch, channels, height, width]."""
        self.counts = self.counts + spikes
        largest = self.pool(self.counts)
        grown = largest - self.sent
        self.sent = largest
        return grown


class Layer(torch.nn.Module):
    """Pooling, a convolution and its IF nodes, one step at a time."""

    def __init__(self, layer: dict[str, Any], tensors: dict[str, np.ndarray], worth: float) -> None:
        super().__init__()
        name, connection = layer["name"], layer["connection"]
        weight = torch.from_numpy(tensors[f"{name}.weight"].copy()).permute(3, 2, 0, 1) * worth
        outputs, inputs, kernel, _ = weight.shape
        self.convolution = torch.nn.Conv2d(inputs, outputs, kernel, connection["stride"], connection["padding"])
        with torch.no_grad():
            self.convolution.weight.copy_(weight)
            self.convolution.bias.copy_(torch.from_numpy(tensors[f"{name}.bias"].copy()))
        self.pools = torch.nn.ModuleList(pools(layer))
        self.threshold = float(layer["neuron"]["v_threshold"])
        self.node = neuron.IFNode(v_threshold=self.threshold, v_reset=None, step_mode="s")

    def start(self) -> None:
        """Before the first step."""
        self.node.v = 0.5 * self.threshold
        for pool in self.pools:
            pool.reset()

    def current(self, spikes: torch.Tensor) -> torch.Tensor:
        """What the nodes receive."""
        for pool in self.pools:
            spikes = pool(spikes)
        return self.convolution(spikes)


def pools(layer: dict[str, Any]) -> list[LargestCount]:
    """The maximum pooling before a layer."""
    return [LargestCount(stage["kernel"]) for stage in layer.get("stages", []) if stage["kind"] == "max_pool"]


class RateNetwork(torch.nn.Module):
    """The network of a file in SpikingJelly."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        document, tensors = read(path)
        *hidden, last = document["layers"]
        worth, layers = 1.0, []
        for layer in hidden:
            layers.append(Layer(layer, tensors, worth))
            worth = layers[-1].threshold
        self.layers = torch.nn.ModuleList(layers)
        self.last_pools = torch.nn.ModuleList(pools(last))
        weight, bias = (torch.from_numpy(tensors[f"{last['name']}.{part}"].copy()) for part in ("weight", "bias"))
        self.weight, self.bias = weight * worth, bias
        self.eval().to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def forward(self, x: torch.Tensor, steps: int) -> tuple[torch.Tensor, float]:
        """Scores [batch, classes] and spikes of all hidden neurons and samples."""
        functional.reset_net(self)
        x = x.to(memory_format=torch.channels_last)
        for layer in self.layers:
            layer.start()
        for pool in self.last_pools:
            pool.reset()
        first, *others = self.layers
        constant = first.current(x)
        received = torch.zeros(())
        spikes_sent = torch.zeros((), dtype=torch.float64)
        for _ in range(steps):
            spikes = first.node(constant)
            if self.counting:
                spikes_sent += spikes.sum()
            for layer in others:
                spikes = layer.node(layer.current(spikes))
                if self.counting:
                    spikes_sent += spikes.sum()
            for pool in self.last_pools:
                spikes = pool(spikes)
            received = received + spikes
        mean = received.permute(0, 2, 3, 1).flatten(1) / steps
        return mean @ self.weight + self.bias, float(spikes_sent)

    counting = True
    """Whether spikes are counted; off for measurements of time."""
