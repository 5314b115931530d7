"""SpikingJelly: LIFNode with soft reset, tau 10 (decay 0.9), input not decayed; surrogate and reset gradient by default.

    multi-step         each layer handles all steps at once, its matrix product as one
    single-step        a Python loop over time
    multi-step-hoist   multi-step, the first layer once, its current repeated
"""

from __future__ import annotations

import torch
from spikingjelly.activation_based import functional, layer, neuron, surrogate
from torch import Tensor, nn

from ..tasks import BETA, THRESHOLD, Job
from .prepared import Prepared
from .torch_call import Layers
from .torch_call import prepare as prepare_torch


class Readout(nn.Module):
    """Leaky integration without spikes or reset: the membranes of all steps, or of one."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.mode = mode
        self.node = neuron.LIFNode(
            tau=1 / (1 - BETA),
            decay_input=False,
            v_threshold=1e9,
            v_reset=None,
            surrogate_function=surrogate.ATan(),
            step_mode=mode,
            store_v_seq=mode == "m",
        )

    def forward(self, x: Tensor) -> Tensor:
        self.node(x)
        return self.node.v_seq if self.mode == "m" else self.node.v


class Net(Layers):
    def __init__(self, job: Job) -> None:
        super().__init__(job)
        mode = "s" if job.formulation == "single-step" else "m"
        self.mode, self.hoist = mode, job.formulation == "multi-step-hoist"
        self.lif1, self.lif2, self.lif3 = (self.lif() for _ in range(3))
        self.readout = Readout(mode)
        self.pool, self.flat = layer.MaxPool2d(2, step_mode=mode), layer.Flatten(step_mode=mode)
        for name, plain in list(self.named_children()):
            if isinstance(plain, nn.Linear):
                spiking = layer.Linear(plain.in_features, plain.out_features, step_mode=mode)
            elif isinstance(plain, nn.Conv2d):
                spiking = layer.Conv2d(plain.in_channels, plain.out_channels, 5, step_mode=mode)
            else:
                continue
            spiking.load_state_dict(plain.state_dict())
            setattr(self, name, spiking)
        if self.hoist:
            functional.set_step_mode(self.conv1 if job.case == "b" else self.fc1, "s")
        self.once = {"a": self.mlp, "b": self.conv, "e": self.sequence, "g": self.linear}[job.case]

    def lif(self) -> neuron.LIFNode:
        return neuron.LIFNode(
            tau=1 / (1 - BETA),
            decay_input=False,
            v_threshold=THRESHOLD,
            v_reset=None,
            surrogate_function=surrogate.ATan(),
            step_mode=self.mode,
        )

    def first(self, connection: nn.Module, x: Tensor) -> Tensor:
        current = connection(x)
        return current.expand(self.steps, *current.shape) if self.hoist else current

    def mlp(self, x: Tensor) -> Tensor:
        return self.lif2(self.fc2(self.watch("hidden", self.lif1(self.first(self.fc1, x)))))

    def conv(self, x: Tensor) -> Tensor:
        s1 = self.watch("conv1", self.lif1(self.first(self.conv1, x)))
        s2 = self.watch("conv2", self.lif2(self.conv2(self.pool(s1))))
        return self.lif3(self.fc(self.flat(self.pool(s2))))

    def sequence(self, x: Tensor) -> Tensor:
        return self.readout(self.fc2(self.watch("hidden", self.lif1(self.fc1(x)))))

    def linear(self, x: Tensor) -> Tensor:
        return self.watch("layer", self.lif1(self.fc1(x)))

    def forward(self, x: Tensor) -> Tensor:
        changes = self.case in "eg"
        if self.mode == "m":
            out = self.once(x if changes or self.hoist else x.unsqueeze(0).repeat(self.steps, *[1] * x.dim()))
        else:
            out = torch.stack([self.once(x[step] if changes else x) for step in range(self.steps)])
        return {"e": lambda: out.mean(0), "g": lambda: out}.get(self.case, lambda: out.sum(0))()


def prepare(job: Job) -> Prepared:
    return prepare_torch(job, "spikingjelly", Net, functional.reset_net)
