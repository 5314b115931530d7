"""snnTorch: Leaky with subtractive reset and fast sigmoid, stepped in a Python loop, as its tutorials do.

    loop     every layer at every step (tutorials 5 and 6)
    hoist    the first layer's product outside the loop: once, or over all steps where the input changes
"""

from __future__ import annotations

import snntorch
import torch
from snntorch import surrogate
from torch import Tensor
from torch.nn.functional import max_pool2d

from ..tasks import BETA, SLOPE, THRESHOLD, Job
from .prepared import Prepared
from .torch_call import Layers
from .torch_call import prepare as prepare_torch


def leaky(**options: str) -> snntorch.Leaky:
    return snntorch.Leaky(
        beta=BETA, threshold=THRESHOLD, spike_grad=surrogate.fast_sigmoid(slope=SLOPE), **options
    )


class Net(Layers):
    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.hoist = job.formulation == "hoist"
        self.lif1, self.lif3 = leaky(), leaky()
        self.lif2 = leaky(reset_mechanism="none") if job.case == "e" else leaky()
        self.forward = {"a": self.mlp, "b": self.conv, "e": self.sequence, "g": self.linear}[job.case]

    def mlp(self, x: Tensor) -> Tensor:
        m1, m2 = self.lif1.reset_mem(), self.lif2.reset_mem()
        current, out = self.fc1(x) if self.hoist else None, []
        for _ in range(self.steps):
            s1, m1 = self.lif1(current if self.hoist else self.fc1(x), m1)
            s2, m2 = self.lif2(self.fc2(self.watch("hidden", s1)), m2)
            out.append(s2)
        return torch.stack(out).sum(0)

    def conv(self, x: Tensor) -> Tensor:
        m1, m2, m3 = self.lif1.reset_mem(), self.lif2.reset_mem(), self.lif3.reset_mem()
        current, out = self.conv1(x) if self.hoist else None, []
        for _ in range(self.steps):
            s1, m1 = self.lif1(current if self.hoist else self.conv1(x), m1)
            s2, m2 = self.lif2(self.conv2(max_pool2d(self.watch("conv1", s1), 2)), m2)
            s3, m3 = self.lif3(self.fc(max_pool2d(self.watch("conv2", s2), 2).flatten(1)), m3)
            out.append(s3)
        return torch.stack(out).sum(0)

    def sequence(self, x: Tensor) -> Tensor:
        m1, m2 = self.lif1.reset_mem(), self.lif2.reset_mem()
        currents, out = self.fc1(x) if self.hoist else x, []
        for step in range(self.steps):
            s1, m1 = self.lif1(currents[step] if self.hoist else self.fc1(currents[step]), m1)
            _, m2 = self.lif2(self.fc2(self.watch("hidden", s1)), m2)
            out.append(m2)
        return torch.stack(out).mean(0)

    def linear(self, x: Tensor) -> Tensor:
        m, out = self.lif1.reset_mem(), []
        for current in self.fc1(x):
            s, m = self.lif1(current, m)
            out.append(self.watch("layer", s))
        return torch.stack(out)


def prepare(job: Job) -> Prepared:
    return prepare_torch(job, "snntorch", Net)
