"""Sinabs: LIF with membrane subtraction, one spike a step, exponential surrogate (its defaults), input not normalised,
time constant fixed. Layers handle all steps at once, batch first.

    default   every layer over all steps
    hoist     the first layer once, its current repeated
"""

from __future__ import annotations

import math

import sinabs
import sinabs.layers as sl
import torch
from sinabs import activation
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

from ..tasks import BETA, THRESHOLD, Job
from .prepared import Prepared
from .torch_call import Layers, over_time
from .torch_call import prepare as prepare_torch

TAU = -1 / math.log(BETA)


def fixed(layer: nn.Module) -> nn.Module:
    layer.tau_mem.requires_grad_(False)
    return layer


def lif() -> nn.Module:
    threshold = torch.tensor(THRESHOLD)
    return fixed(sl.LIF(TAU, spike_threshold=threshold, spike_fn=activation.SingleSpike, norm_input=False))


def pool(x: Tensor) -> Tensor:
    return over_time(lambda frames: max_pool2d(frames, 2), x)


class Net(Layers):
    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.hoist = job.formulation == "hoist"
        self.lif1, self.lif2, self.lif3, self.readout = lif(), lif(), lif(), fixed(sl.ExpLeak(TAU))

    def repeat(self, x: Tensor) -> Tensor:
        return x.unsqueeze(1).expand(x.shape[0], self.steps, *x.shape[1:])

    def forward(self, x: Tensor) -> Tensor:
        if self.case == "g":
            return self.watch("layer", self.lif1(self.fc1(x.transpose(0, 1))))
        if self.case == "e":
            s1 = self.watch("hidden", self.lif1(self.fc1(x.transpose(0, 1))))
            return self.readout(self.fc2(s1)).mean(1)
        if self.case == "a":
            current = self.repeat(self.fc1(x)) if self.hoist else self.fc1(self.repeat(x).contiguous())
            return self.lif2(self.fc2(self.watch("hidden", self.lif1(current)))).sum(1)
        current = self.repeat(self.conv1(x)) if self.hoist else over_time(self.conv1, self.repeat(x))
        s1 = self.watch("conv1", self.lif1(current))
        s2 = self.watch("conv2", self.lif2(over_time(self.conv2, pool(s1))))
        return self.lif3(self.fc(pool(s2).flatten(2))).sum(1)


def prepare(job: Job) -> Prepared:
    return prepare_torch(job, "sinabs", Net, sinabs.reset_states)
