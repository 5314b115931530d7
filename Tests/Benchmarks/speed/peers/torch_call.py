"""What every peer on PyTorch shares: the layers, one train step, one inference."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

import torch
from torch import Tensor, nn

from ..tasks import LEARNING_RATE, SEED, SEQUENCE_GAIN, Job, data
from .prepared import Prepared


class Layers(nn.Module):
    """Base of the peers' networks: the layers of a task without its neurons, PyTorch's default initial weights.

    `forward` returns the scores of tasks a, b and e and the spikes of task g.
    """

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.case, self.steps = job.case, job.steps
        self.watched: dict[str, list[float]] | None = None
        if job.case == "a":
            self.fc1, self.fc2 = nn.Linear(784, 1000), nn.Linear(1000, 10)
        elif job.case == "b":
            self.conv1, self.conv2, self.fc = nn.Conv2d(1, 12, 5), nn.Conv2d(12, 64, 5), nn.Linear(64 * 4 * 4, 10)
        elif job.case == "e":
            self.fc1, self.fc2 = nn.Linear(700, 128), nn.Linear(128, 20)
            with torch.no_grad():
                self.fc1.weight.mul_(SEQUENCE_GAIN)
        else:
            self.fc1 = nn.Linear(job.width, job.width)

    def watch(self, layer: str, spikes: Tensor) -> Tensor:
        """Notes how active a layer is; does nothing while being timed."""
        if self.watched is not None:
            self.watched.setdefault(layer, []).append(float(spikes.detach().mean()))
        return spikes


def over_time(layer: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """A layer without state on the first two axes at once."""
    return layer(x.flatten(0, 1)).unflatten(0, x.shape[:2])


def activity_of(module: Layers, x: Tensor) -> dict[str, float]:
    """Spikes per neuron and step of each watched layer."""
    module.watched = {}
    with torch.no_grad():  # inference mode would not go with what TorchScript compiled for training
        getattr(module, "eager", module)(x)
    return {layer: sum(seen) / len(seen) for layer, seen in module.watched.items()}


def prepare(
    job: Job, package: str, build: Callable[[Job], Layers], reset: Callable[[nn.Module], None] = lambda module: None
) -> Prepared:
    """Builds the network and its data. `reset` puts neurons back to rest where the library keeps state in them."""
    torch.set_num_threads(job.threads)
    torch.manual_seed(SEED)
    module = build(job)
    x, y = map(torch.from_numpy, data(job))
    loss_of = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(module.parameters(), LEARNING_RATE, fused=True)

    def train() -> None:
        reset(module)
        optimizer.zero_grad(set_to_none=True)
        loss_of(module(x), y).backward()
        optimizer.step()

    def forward_and_backward() -> None:
        """Task g has no optimizer step, as in the protocol that it follows."""
        reset(module)
        module.zero_grad(set_to_none=True)
        module(x).sum().backward()

    @torch.inference_mode()
    def infer() -> None:
        reset(module)
        module(x)

    def forget() -> None:
        optimizer.zero_grad(set_to_none=True)
        optimizer.state.clear()

    def activity() -> dict[str, float]:
        torch.manual_seed(SEED)
        fresh = build(job)
        reset(fresh)
        return activity_of(fresh, x)

    if job.mode == "train":
        module.train()
        call = forward_and_backward if job.case == "g" else train
    else:
        module.eval()
        call = infer
    below = {} if package == "torch" else {"torch": torch.__version__}
    return Prepared(version(package), call, forget, activity, below)
