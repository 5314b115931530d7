"""Neuron models defined in Python and loaded from shared objects."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import threading

import numpy as np
import pytest

import snn

PARAMETERS = {"alpha": {"default": 0.9, "at_least": 0, "at_most": 1}, "threshold": {"default": 1, "above": 0}}


def step(current, v, spike, distance, alpha, threshold):
    u = alpha * v + current
    distance[:] = u - threshold
    spike[:] = distance >= 0
    v[:] = u - threshold * spike


def adjoint(slope, d_spike, d_v, d_current, alpha, threshold):
    d_current[:] = d_v + (d_spike - threshold * d_v) * slope
    d_v[:] = alpha * d_current


def step_window(n, steps, current, v, spike, distance, alpha, threshold):
    for t in range(steps):
        step(current[t], v, spike[t], distance[t], alpha, threshold)


def step_loop(n, current, v, spike, distance, alpha, threshold):
    for k in range(n):
        u = alpha * v[k] + current[k]
        distance[k] = u - threshold
        spike[k] = 1.0 if distance[k] >= 0 else 0.0
        v[k] = u - threshold * spike[k]


def leaky(name="python_leaky", **functions):
    functions = {"step": step, "adjoint": adjoint, "states": {"v": 0}, "parameters": PARAMETERS, **functions}
    return snn.define_neuron(name, **functions)


def network(neuron, seed=1):
    layers = [snn.Flatten(), snn.Dense(24, neuron=neuron), snn.Dense(10, neuron=snn.LIF(decay="factor"))]
    return snn.Network(input=(1, 8, 8), steps=8, layers=layers, seed=seed)


def trained(neuron):
    """Weights after an epoch."""
    made = network(neuron)
    made.fit(snn.Dataset.open("digits", "train"), epochs=1, batch=128, seed=1, progress=False)
    return {name: np.array(values) for name, values in made.tensors.items()}, made


def close(one, other):
    return all(np.allclose(one[name], other[name], atol=2e-4) for name in one)


def test_it_learns_what_the_built_in_neuron_learns():
    built_in, _ = trained(snn.LIF(decay="factor", beta=0.9))
    own, _ = trained(leaky()())
    window, _ = trained(leaky("python_window", step=step_window)())
    assert close(own, built_in)
    assert close(window, built_in)


def test_it_is_listed_with_its_parameters():
    leaky(summary="A test.")
    [found] = [component for component in snn.plugins("neuron") if component.name == "python_leaky"]
    assert found.plugin == "python_leaky" and found.summary == "A test."
    assert [str(parameter) for parameter in found.parameters[:2]] == [
        "alpha = 0.9 (>= 0 and <= 1): a parameter",
        "threshold = 1 (> 0): a parameter",
    ]
    with pytest.raises(snn.ParameterError, match="alpha must be >= 0 and <= 1, got 2"):
        network(leaky()(alpha=2))


def test_an_exception_ends_the_call_and_is_its_cause():
    def failing(current, v, spike, distance, alpha, threshold):
        if current.max() > 0.5:
            raise LookupError("too strong")
        step(current, v, spike, distance, alpha, threshold)

    made = network(leaky(step=failing)())
    made.predict(np.zeros((1, 64), np.float32))
    with pytest.raises(snn.PluginError, match="step returned 1: LookupError: too strong") as caught:
        made.predict(np.full((1, 64), 16, np.float32))
    assert isinstance(caught.value.__cause__, LookupError)
    made.predict(np.zeros((1, 64), np.float32))


def test_what_it_must_not_write_it_cannot():
    def writing(current, v, spike, distance, alpha, threshold):
        current[:] = 0

    with pytest.raises(snn.PluginError, match="read-only"):
        network(leaky(step=writing)()).predict(np.zeros((1, 64), np.float32))


def test_nan_and_half_a_spike_are_refused():
    def no_number(current, v, spike, distance, alpha, threshold):
        spike[:] = 0
        v[:] = np.nan

    def half(current, v, spike, distance, alpha, threshold):
        spike[:] = 0.5

    zeros = np.zeros((1, 64), np.float32)
    with pytest.raises(snn.PluginError, match="the state v of neuron 0 is nan after 8 steps"):
        network(leaky(step=no_number)()).predict(zeros)
    with pytest.raises(snn.PluginError, match="the spike of neuron 0 at step 0 must be 0 or 1, got 0.5"):
        network(leaky(step=half)()).predict(zeros)


def test_a_network_keeps_the_neuron_it_was_made_with():
    weights, made = trained(leaky()())
    digits = snn.Dataset.open("digits", "test")
    before = made.evaluate(digits, progress=False)["accuracy"]

    def silent(current, v, spike, distance, alpha, threshold):
        spike[:] = 0

    leaky(step=silent)
    assert made.evaluate(digits, progress=False)["accuracy"] == before
    assert weights


def test_a_refused_definition_leaves_the_one_before():
    leaky()
    with pytest.raises(snn.PluginError, match="«const float \\*threshold» is no argument it can have"):
        leaky(parameters={"alpha": 0.9})
    network(snn.Neuron("python_leaky"))
    with pytest.raises(snn.PluginError, match="there is a plugin 'lif' already"):
        leaky("lif")
    with pytest.raises(snn.ArgumentError, match="unknown \\['low'\\]"):
        leaky(parameters={"alpha": {"low": 1}, "threshold": 1})
    with pytest.raises(snn.ArgumentError, match="exclude each other"):
        leaky(parameters={"alpha": {"above": 1, "at_least": 1}, "threshold": 1})


def test_a_neuron_as_text():
    lif = snn.define_neuron("text_lif", text="tau = 10 ms\ndv/dt = (i - v)/tau\nspike when v >= 1\nv -= 1")
    built_in, _ = trained(snn.LIF(tau_mem=5, input_gain="leak"))
    text, _ = trained(lif(tau=5))
    assert close(text, built_in)
    with pytest.raises(snn.DocumentError, match="tau must be a number"):
        network(lif(tau="long"))
    with pytest.raises(snn.DocumentError, match="line 2, column"):
        snn.define_neuron("text_lif", text="tau = 10 ms\ndv/dt = (i - v/tau")
    network(lif(tau=3))
    with pytest.raises(snn.ArgumentError, match="text or by functions"):
        snn.define_neuron("text_lif", text="", step=step)
    with pytest.raises(snn.ArgumentError, match="needs a function step, or a text"):
        snn.define_neuron("text_lif")


def test_without_an_adjoint_it_serves_inference_only():
    made = network(leaky("python_inference", adjoint=None)())
    made.predict(np.zeros((1, 64), np.float32))
    with pytest.raises(snn.NotSupportedError, match="'python_inference' has no adjoint"):
        made.fit(snn.Dataset.open("digits", "train"), epochs=1, progress=False)


def test_rest_and_values():
    def rest(v, start):
        v[:] = start

    def send(current, v, sent):
        v += current
        sent[:] = v

    neuron = snn.define_neuron("python_sum", step=send, rest=rest, states={"v": 0}, parameters={"start": 0.25})
    layers = [{"connection": {"kind": "dense", "outputs": 2, "bias": False}, "neuron": neuron(start=0.5)}]
    made = snn.Network(input=(2,), steps=3, layers=layers, readout="membrane", seed=1)
    next(iter(made.tensors.values()))[:] = np.eye(2)
    recording = made.record(np.array([[1, 2]], np.float32), potentials=True)
    assert np.allclose(recording.potentials("layer1")[:, 0], [[1.5, 2.5], [2.5, 4.5], [3.5, 6.5]])


def test_threads_call_it_at_once():
    made = network(leaky()())
    rows = np.random.default_rng(1).random((256, 64), np.float32) * 16
    wanted = made.predict(rows)
    found = [None] * 4

    def work(place):
        found[place] = made.predict(rows)

    workers = [threading.Thread(target=work, args=(place,)) for place in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert all(np.array_equal(scores, wanted) for scores in found[:2])


def test_numba_compiles_the_same_functions():
    pytest.importorskip("numba")
    plain, _ = trained(leaky()())
    for name, function in [("numba_rows", step), ("numba_loop", step_loop), ("numba_window", step_window_compiled)]:
        compiled, _ = trained(leaky(name, step=function, compile=True)())
        assert close(compiled, plain), name


def step_window_compiled(n, steps, current, v, spike, distance, alpha, threshold):
    for t in range(steps):
        for k in range(n):
            u = alpha * v[k] + current[t, k]
            distance[t, k] = u - threshold
            spike[t, k] = 1.0 if distance[t, k] >= 0 else 0.0
            v[k] = u - threshold * spike[t, k]


def test_shared_objects_load(tmp_path):
    root = pathlib.Path(__file__).resolve().parents[3]
    command = [os.environ.get("CC", "gcc"), "-O3", "-shared", "-fPIC", "-I", str(root / "Include")]
    for name in ("adaptive", "izhikevich"):
        source = str(root / f"bindings/plugins/{name}.c")
        subprocess.run([*command, source, "-o", str(tmp_path / f"{name}.so"), "-lm"], check=True)
    built = tmp_path / "adaptive.so"
    with pytest.raises(snn.FileError, match="there is no plugin"):
        snn.load_plugin(tmp_path / "nobody.so")
    snn.load_plugin(built)
    snn.load_plugin(built)
    snn.load_plugin(tmp_path / "izhikevich.so")
    digits = snn.Dataset.open("digits", "train")
    spiking = network(snn.Neuron("izhikevich", a=0.1, d=2, surrogate_width=30))
    before = spiking.evaluate(digits, progress=False)["loss"]
    spiking.fit(digits, epochs=3, batch=32, seed=1, progress=False)
    assert spiking.evaluate(digits, progress=False)["loss"] < 0.9 * before
    _, made = trained(snn.Neuron("adaptive", tau_adapt=50))
    made.save(tmp_path / "adaptive.snn")
    program = (
        "import snn, sys\n"
        "try: snn.Network.load(sys.argv[1])\n"
        "except snn.UnknownNameError as problem: assert 'snn_plugin_load' in str(problem)\n"
        "else: raise SystemExit('taken')\n"
        "snn.load_plugin(sys.argv[2])\n"
        "snn.Network.load(sys.argv[1])\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "adaptive.snn"), str(built)], check=True)
