"""Norse: SuperSpike surrogate, hard reset, input scaled by 0.1 (its Euler step), decay 0.9: its defaults.

    lif         LIF, its main model, over the sequence: membrane and synaptic current, a compiled step
    box         LIFBoxCell in a Python loop: membrane only, the neuron nearest to the other libraries'
    lif-hoist   LIF, the first layer once, its current repeated

Linear and convolution layers handle all steps at once, as its SequentialState does.
"""

from __future__ import annotations

import norse.torch as norse
import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

from ..tasks import Job
from .prepared import Prepared
from .torch_call import Layers, over_time
from .torch_call import prepare as prepare_torch


class BoxSequence(nn.Module):
    """LIFBoxCell over a sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = norse.LIFBoxCell()

    def forward(self, x: Tensor) -> tuple[Tensor, object]:
        state, out = None, []
        for current in x:
            spikes, state = self.cell(current, state)
            out.append(spikes)
        return torch.stack(out), state


def pool(x: Tensor) -> Tensor:
    return over_time(lambda frames: max_pool2d(frames, 2), x)


class Net(Layers):
    def __init__(self, job: Job) -> None:
        super().__init__(job)
        neuron = BoxSequence if job.formulation == "box" else norse.LIF
        self.hoist = job.formulation == "lif-hoist"
        self.lif1, self.lif2, self.lif3, self.readout = neuron(), neuron(), neuron(), norse.LI()

    def repeat(self, x: Tensor) -> Tensor:
        return x.unsqueeze(0).expand(self.steps, *x.shape)

    def forward(self, x: Tensor) -> Tensor:
        if self.case == "g":
            return self.watch("layer", self.lif1(self.fc1(x))[0])
        if self.case == "e":
            s1 = self.watch("hidden", self.lif1(self.fc1(x))[0])
            return self.readout(self.fc2(s1))[0].mean(0)
        if self.case == "a":
            current = self.repeat(self.fc1(x)) if self.hoist else self.fc1(self.repeat(x).contiguous())
            s1 = self.watch("hidden", self.lif1(current)[0])
            return self.lif2(self.fc2(s1))[0].sum(0)
        current = self.repeat(self.conv1(x)) if self.hoist else over_time(self.conv1, self.repeat(x))
        s1 = self.watch("conv1", self.lif1(current)[0])
        s2 = self.watch("conv2", self.lif2(over_time(self.conv2, pool(s1)))[0])
        return self.lif3(self.fc(pool(s2).flatten(2)))[0].sum(0)


def prepare(job: Job) -> Prepared:
    return prepare_torch(job, "norse", Net)
