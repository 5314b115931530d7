"""Layers of the single-spike paper in PyTorch, written from its equations: what the library is compared with.

    v[t] = beta v[t-1] + i[t],  s[t] = 1 at the first t with v[t] > 1

`Sequential` walks the steps one after another under autograd; a spike sets a mask that silences the rest. `Block` computes the
membrane of all steps as a convolution along time and finds the first crossing by a second one, whose gradient passes straight
through. Currents of all steps are one matrix product in both, as published. Source: arXiv 2205.15286, version 2.
"""

from __future__ import annotations

import torch
from torch.nn import functional

SLOPE = 10.0


class Crossing(torch.autograd.Function):
    """1 above the threshold; backward 1 / (slope |x| + 1)^2."""

    @staticmethod
    def forward(context, x: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """The step function."""
        context.save_for_backward(x)
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(context, gradient: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """The surrogate."""
        (x,) = context.saved_tensors
        return gradient / (SLOPE * x.abs() + 1) ** 2


class FirstCrossing(torch.autograd.Function):
    """1 where z is 1, else 0; the gradient passes straight through."""

    @staticmethod
    def forward(context, z: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """The equality."""
        return (z == 1).to(z.dtype)

    @staticmethod
    def backward(context, gradient: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """The identity."""
        return gradient


class Layer(torch.nn.Module):
    """Weights, and a trainable decay for each neuron."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.current = torch.nn.Linear(inputs, outputs)
        self.beta = torch.nn.Parameter(torch.full((outputs,), 0.9048374180359595))


class Sequential(Layer):
    """Step by step. Spikes [batch, inputs, steps] to [batch, outputs, steps]."""

    def forward(self, spikes: torch.Tensor) -> torch.Tensor:
        """The spikes of a window."""
        current = self.current(spikes.transpose(1, 2)).unbind(1)
        beta = self.beta.clamp(0, 1)
        v = torch.zeros_like(current[0])
        mask = torch.zeros_like(v)
        sent = []
        for i in current:
            v = beta * v + i
            s = Crossing.apply(v - 1) * (1 - mask)
            v = v * (1 - mask)
            mask = torch.maximum(mask, s)
            sent.append(s)
        return torch.stack(sent, 2)


class Block(Layer):
    """All steps at once. Spikes [batch, inputs, steps] to [batch, outputs, steps]."""

    def forward(self, spikes: torch.Tensor) -> torch.Tensor:
        """The spikes of a window."""
        steps, outputs = spikes.shape[2], self.beta.shape[0]
        current = self.current(spikes.transpose(1, 2)).transpose(1, 2)
        powers = torch.arange(steps - 1, -1, -1)
        kernel = self.beta.clamp(0, 1)[:, None, None] ** powers
        v = functional.conv1d(functional.pad(current, (steps - 1, 0)), kernel, groups=outputs)
        crossed = Crossing.apply(v - 1)
        ramp = torch.arange(steps, 0, -1, dtype=v.dtype)[None, None].expand(outputs, 1, steps)
        return FirstCrossing.apply(functional.conv1d(functional.pad(crossed, (steps - 1, 0)), ramp, groups=outputs))


def network(layer: type[Layer], inputs: int, width: int, layers: int) -> torch.nn.Sequential:
    """Hidden layers one after another."""
    return torch.nn.Sequential(*[layer(inputs if index == 0 else width, width) for index in range(layers)])
