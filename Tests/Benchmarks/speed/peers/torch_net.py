"""Plain PyTorch, the neurons written as a careful user would: soft reset, fast sigmoid, reset detached.

    loop      the first layer once (or one product over all steps), a plain loop over time
    compile   the same through torch.compile: the whole network, or blocks of BLOCK steps of a long sequence

Compiling a long sequence whole takes minutes; step by step, each step pays for a call from Python.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from ..tasks import BETA, SLOPE, THRESHOLD, Job
from .prepared import Prepared
from .torch_call import Layers
from .torch_call import prepare as prepare_torch

BLOCK = 25


class Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return (x > 0).float()

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return gradient / (SLOPE * x.abs() + 1) ** 2


def lif(v: Tensor, current: Tensor) -> tuple[Tensor, Tensor]:
    """One step of a layer: its spikes and its membrane after the reset."""
    v = BETA * v + current
    s = Spike.apply(v - THRESHOLD)
    return s, v - THRESHOLD * s.detach()


def lif_block(v: Tensor, currents: Tensor) -> tuple[Tensor, Tensor]:
    """Several steps of a layer."""
    out = []
    for current in currents.unbind(0):
        s, v = lif(v, current)
        out.append(s)
    return torch.stack(out), v


class Net(Layers):
    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.block = lif_block
        self.forward = {"a": self.mlp, "b": self.conv, "e": self.sequence, "g": self.linear}[job.case]
        self.eager = self.forward
        if job.formulation == "compile" and job.case in "eg":
            self.block = torch.compile(lif_block)
        elif job.formulation == "compile":
            self.forward = torch.compile(self.forward)

    def mlp(self, x: Tensor) -> Tensor:
        current = self.fc1(x)
        v1, v2, out = torch.zeros_like(current), current.new_zeros(x.shape[0], 10), current.new_zeros(())
        for _ in range(self.steps):
            s1, v1 = lif(v1, current)
            s2, v2 = lif(v2, self.fc2(self.watch("hidden", s1)))
            out = out + self.watch("out", s2)
        return out

    def conv(self, x: Tensor) -> Tensor:
        current = self.conv1(x)
        v1, (v2, v3, out) = torch.zeros_like(current), (current.new_zeros(()) for _ in range(3))
        for _ in range(self.steps):
            s1, v1 = lif(v1, current)
            s2, v2 = lif(v2, self.conv2(self.watch("pool1", max_pool2d(self.watch("conv1", s1), 2))))
            s3, v3 = lif(v3, self.fc(self.watch("pool2", max_pool2d(self.watch("conv2", s2), 2)).flatten(1)))
            out = out + self.watch("out", s3)
        return out

    def spikes(self, currents: Tensor) -> Tensor:
        v, out = torch.zeros_like(currents[0]), []
        for block in currents.split(BLOCK):
            s, v = self.block(v, block)
            out.append(s)
        return torch.cat(out)

    def sequence(self, x: Tensor) -> Tensor:
        z = self.fc2(self.watch("hidden", self.spikes(self.fc1(x))))
        # The mean over time of a leaky integrator without reset is a weighted sum of its input.
        weight = (1 - BETA ** torch.arange(self.steps, 0, -1.0)) / (1 - BETA) / self.steps
        return torch.einsum("t,tbc->bc", weight, z)

    def linear(self, x: Tensor) -> Tensor:
        return self.watch("layer", self.spikes(self.fc1(x)))


def prepare(job: Job) -> Prepared:
    return prepare_torch(job, "torch", Net)
