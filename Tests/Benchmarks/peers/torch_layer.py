"""A peer's side of a case: what the libraries built on PyTorch share, the linear layer and the loss."""

from __future__ import annotations

import torch

from .case import NEURONS, Case, Signal, Trace


def trace(case: Case, signal: Signal) -> Trace:
    """Runs the peer's neurons on the currents of a linear layer and goes back through both.

    The loss is the mean over batch and neurons of (spike count - one-hot label)^2.
    """
    weight = torch.from_numpy(signal.weight.T.copy()).requires_grad_()
    bias = torch.from_numpy(signal.bias).requires_grad_()
    spikes, potentials = case.run(torch.nn.functional.linear(torch.from_numpy(signal.inputs), weight, bias))
    wanted = torch.nn.functional.one_hot(torch.from_numpy(signal.labels).long(), NEURONS)
    (spikes.sum(0) - wanted).square().mean().backward()
    return Trace(
        spikes.detach().numpy() != 0, potentials.detach().numpy(), weight.grad.numpy().T, bias.grad.numpy()
    )
