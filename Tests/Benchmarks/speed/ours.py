"""This library's side of a task, through its Python package: the same neuron, given weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import snn

from .tasks import BETA, SLOPE, THRESHOLD, Floats, Job

NEURON = {
    "model": "lif",
    "decay": "factor",
    "beta": BETA,
    "comparison": "above",
    "v_threshold": THRESHOLD,
    "v_reset": 0,
    "reset": "soft",
    "detach_reset": True,
    "surrogate": "fast_sigmoid",
    "surrogate_width": 1 / SLOPE,
    "surrogate_unit_area": False,
}
INTEGRATOR = {"model": "lif.integrator", "decay": "factor", "beta": BETA}
POOL = {"kind": "max_pool", "kernel": 2}


def dense(name: str, outputs: int, neuron: dict[str, Any], *stages: Any) -> dict[str, Any]:
    layer = {"name": name, "connection": {"kind": "dense", "outputs": outputs}, "neuron": neuron}
    return {**layer, "stages": list(stages)} if stages else layer


def conv(name: str, channels: int, *stages: Any) -> dict[str, Any]:
    connection = {"kind": "conv2d", "channels": channels, "kernel": 5}
    layer = {"name": name, "connection": connection, "neuron": NEURON}
    return {**layer, "stages": list(stages)} if stages else layer


def description(job: Job) -> dict[str, Any]:
    """The network as JSON (docs/network.md)."""
    document: dict[str, Any] = {"input": {"shape": list(job.task.input_shape)}, "steps": job.steps}
    if job.case == "a":
        document["layers"] = [dense("hidden", 1000, NEURON), dense("out", 10, NEURON)]
    elif job.case == "b":
        layers = [conv("conv1", 12), conv("conv2", 64, POOL), dense("out", 10, NEURON, POOL, "flatten")]
        document["layers"] = layers
    elif job.case == "e":
        document["layers"] = [dense("hidden", 128, NEURON), dense("out", 20, INTEGRATOR)]
        document["readout"] = {"kind": "membrane", "reduce": "mean"}
    else:
        document["input"] = {"shape": [job.width]}
        document["layers"] = [dense("layer", job.width, NEURON)]
    if job.task.sequence:
        document["coding"] = "frames"
    return document


def from_channels_first(weight: Floats) -> Floats:
    """A dense weight on a flattened [64, 4, 4] image: ours flattens height, width, channel."""
    return weight.reshape(-1, 64, 4, 4).transpose(2, 3, 1, 0).reshape(-1, weight.shape[0])


def dense_weight(weight: Floats) -> Floats:
    return weight.T


def conv_weight(weight: Floats) -> Floats:
    return weight.transpose(2, 3, 1, 0)


LAYOUT: dict[str, list[tuple[str, str, Callable[[Floats], Floats]]]] = {
    "a": [("hidden", "fc1", dense_weight), ("out", "fc2", dense_weight)],
    "b": [("conv1", "conv1", conv_weight), ("conv2", "conv2", conv_weight), ("out", "fc", from_channels_first)],
    "e": [("hidden", "fc1", dense_weight), ("out", "fc2", dense_weight)],
    "g": [("layer", "fc1", dense_weight)],
}
"""By case: our layer, PyTorch's, and how its weight is laid out here."""


def activity(job: Job, weights: dict[str, Floats], x: Floats) -> dict[str, float]:
    """Spikes per neuron and step of every layer that spikes."""
    network = snn.Network.from_json(description(job))
    network.threads = job.threads
    tensors = network.tensors
    for layer, theirs, laid_out in LAYOUT[job.case]:
        tensors[f"{layer}.weight"][...] = laid_out(weights[f"{theirs}.weight"])
        tensors[f"{layer}.bias"][...] = weights[f"{theirs}.bias"]
    rows = x.swapaxes(0, 1) if job.task.sequence else x
    counts = network.predict(np.ascontiguousarray(rows).reshape(job.batch, -1), ["spike_counts"])["spike_counts"]
    means = counts.mean(axis=0) / job.steps
    return {node.name: float(mean) / node.neurons for node, mean in zip(network.nodes, means) if node.spikes}
