"""This library's side of a case, through its Python package."""

from __future__ import annotations

import numpy as np
import snn

from .case import BATCH, INPUTS, NEURONS, STEPS, Case, Floats, Signal, Trace


def network(case: Case, signal: Signal) -> snn.Network:
    """One dense layer of the case's neurons, with the signal's weights."""
    layer = {"name": "layer", "connection": {"kind": "dense", "outputs": NEURONS}, "neuron": case.ours}
    result = snn.Network(
        input=INPUTS, steps=STEPS, dt=1.0, coding="frames", layers=[layer], readout=snn.Readout("spike_count")
    )
    result.tensors["layer.weight"][...] = signal.weight
    result.tensors["layer.bias"][...] = signal.bias
    return result


def after_reset(u: Floats, spikes: np.ndarray, neuron: dict[str, object]) -> Floats:
    """Potentials after the reset that acts in the step of the spike; recordings hold those before it."""
    v_threshold, v_reset = np.float32(neuron["v_threshold"]), np.float32(neuron["v_reset"])
    if neuron["reset"] == "hard":
        return np.where(spikes, v_reset, u)
    return u - spikes * (v_threshold - v_reset) if neuron["reset"] == "soft" else u


def trace(case: Case, signal: Signal) -> tuple[Trace, Floats]:
    """The trace, and the potentials before the reset, which say how near a neuron came to its threshold."""
    net = network(case, signal)
    rows = np.ascontiguousarray(signal.inputs.swapaxes(0, 1)).reshape(BATCH, STEPS * INPUTS)
    recording = net.record(rows, spikes=True, potentials=True)
    spikes = recording.spikes("layer") != 0
    u = recording.potentials("layer")
    trainer = snn.Trainer(net, loss=snn.Loss("mean_squared_error"))
    trainer.compute_gradients(rows, signal.labels)
    gradients = trainer.gradients
    potentials = u if case.before_reset else after_reset(u, spikes, case.ours)
    return Trace(spikes, potentials, gradients["layer.weight"].copy(), gradients["layer.bias"].copy()), u
