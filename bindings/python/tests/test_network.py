"""Networks: from objects, from JSON, from files; what they tell about themselves."""

from __future__ import annotations

import json
import os
import subprocess

import numpy as np
import pytest
from conftest import CHECKOUT, assert_same_bits, small_network, weights

import snn


def test_objects_give_the_network_of_the_recipe():
    recipe = json.loads((CHECKOUT / "recipes" / "mnist-lif-conv.json").read_text())
    built = snn.Network(
        input=(1, 28, 28),
        steps=10,
        coding="constant",
        layers=[
            snn.Conv2d(12, 5, neuron=snn.LIF(tau_mem=10), name="conv1"),
            snn.AveragePool(2),
            snn.Conv2d(64, 5, neuron=snn.LIF(tau_mem=10), name="conv2"),
            snn.AveragePool(2),
            snn.Flatten(),
            snn.Dense(10, neuron=snn.LIF(tau_mem=10), name="out"),
        ],
        readout={"kind": "spike_count"},
        seed=5,
    )
    loaded = snn.Network.from_json(recipe["network"], seed=5)
    assert json.loads(built.json) == json.loads(loaded.json)
    assert_same_bits(weights(built), weights(loaded))


def test_only_what_is_given_is_written():
    layer = snn.Dense(10, neuron="lif")
    assert layer._json() == {"connection": {"kind": "dense", "outputs": 10}, "neuron": "lif"}
    assert snn.Dropout()._json() == {"kind": "dropout"}
    assert snn.Dropout(0.2, mask="window")._json() == {"kind": "dropout", "probability": 0.2, "mask": "window"}
    assert snn.LIF()._json() == {"model": "lif"}
    assert repr(snn.LIF(tau_mem=10)) == "Neuron('lif', tau_mem=10)" and snn.LIF(tau_mem=1) == snn.Neuron(
        "lif", tau_mem=1
    )


def test_stages_join_the_layer_that_follows_or_end_the_network():
    network = snn.Network(
        input=(2, 4, 4),
        steps=np.int64(3),
        layers=[
            snn.MaxPool(2),
            snn.Flatten(),
            snn.Dropout(0.2, mask="window"),
            snn.Dense(8, neuron=snn.Neuron("lif.adaptive", adaptation=np.float32(0.5))),
            snn.Dropout(0.1),
        ],
    )
    layers = json.loads(network.json)["layers"]
    assert [stage["kind"] for stage in layers[0]["stages"]] == ["max_pool", "flatten", "dropout"]
    assert layers[0]["neuron"]["adaptation"] == 0.5
    assert [stage["kind"] for stage in layers[1]["stages"]] == ["dropout"]


def test_every_short_name_builds():
    for neuron in [snn.LIF, snn.SynapticLIF, snn.AdaptiveLIF]:
        assert small_network(layers=[snn.Flatten(), snn.Dense(10, neuron=neuron())]).nodes[0].spikes
    readout = snn.Readout("membrane")
    integrator = [snn.Flatten(), snn.Dense(10, neuron=snn.Integrator())]
    assert not small_network(layers=integrator, readout=readout).nodes[0].spikes
    analog = [snn.Flatten(), snn.Dense(8, neuron=snn.ReLU()), snn.Dense(10, neuron=snn.Neuron("relu.identity"))]
    assert small_network(layers=analog, readout=readout).outputs == 10
    timed = [snn.Flatten(), snn.Dense(8, neuron=snn.TTFS(window=8)), snn.Dense(10, neuron=snn.TTFSMembrane())]
    assert small_network(layers=timed, coding="ttfs", readout=readout, steps=1).tensors["layer1.window"] == [8]


def test_json_of_a_network_makes_the_same_network(network):
    again = snn.Network.from_json(network.json, seed=1)
    assert again.json == network.json
    assert_same_bits(weights(again), weights(network))


def test_sizes_and_nodes(network):
    assert (network.inputs, network.outputs, network.steps) == (64, 10, 12)
    assert network.nodes == (("hidden", 32, True), ("out", 10, True))
    assert repr(network) == "<snn.Network: 64 -> hidden 32 -> out 10, 12 steps>"


def test_saved_and_loaded_it_is_the_same(network, tmp_path, test):
    path = tmp_path / "név.snn"
    network.save(path)
    again = snn.Network.load(path)
    assert again.json == network.json
    assert_same_bits(weights(again), weights(network))
    x, _ = test[:8]
    assert again.predict(x).tobytes() == network.predict(x).tobytes()


def test_the_seed_draws_the_weights():
    assert_same_bits(weights(small_network(seed=3)), weights(small_network(seed=3)))
    assert not np.array_equal(small_network(seed=3).tensors["out.weight"], small_network(seed=4).tensors["out.weight"])
    small_network(seed=2**64 - 1)


def test_threads_are_set_and_told(network):
    assert network.threads == 0
    network.threads = 2
    assert network.threads == 2
    with pytest.raises(snn.ArgumentError, match="threads must be 0 ... 1024"):
        network.threads = 5000
    assert network.threads == 2


def test_plugins_tell_their_parameters():
    neurons = {component.name: component for component in snn.plugins("neuron")}
    parameters = {parameter.name: parameter for parameter in neurons["lif"].parameters}
    assert parameters["tau_mem"].unit == "ms" and parameters["tau_mem"].range == "> 0"
    kinds = {component.kind for component in snn.plugins()}
    assert kinds >= {"neuron", "coding", "readout", "connection", "stage", "rule", "optimizer", "schedule", "loss"}
    text = repr(snn.plugins())
    assert "neuron lif.adaptive [lif]:" in text and "tau_mem = 20 ms (> 0): membrane time constant" in text


def test_a_plan_tells_the_memory_before_anything_runs():
    network = small_network()
    plan = network.plan(batch=64, threads=1)
    assert plan["mode"] == "train" and plan["batch"] == 64 and plan["workers"] == 1
    assert [node["name"] for node in plan["nodes"]] == [node.name for node in network.nodes]
    assert network.plan(batch=64, threads=1, mode="inference")["total_bytes"] < plan["total_bytes"]
    assert network.plan(batch=64, threads=1, optimizer="sgd")["total_bytes"] < plan["total_bytes"]
    shares = {node.name: 0.2 for node in network.nodes}
    assert network.plan(batch=64, threads=1, activity=shares)["total_bytes"] == plan["total_bytes"]
    with pytest.raises(snn.UnknownNameError, match="unknown node in activity: 'nowhere'"):
        network.plan(activity={"nowhere": 0.1})
    with pytest.raises(snn.MemoryLimitError, match="memory_budget must be >= .* got 10"):
        network.plan(batch=64, memory_budget=10)
    with snn.Trainer(network, memory_budget=10) as trainer, pytest.raises(snn.MemoryLimitError, match="memory_budget"):
        trainer.train_batch(np.zeros((4, network.inputs), np.float32), np.zeros(4, np.int32))


def timed_network(**neuron) -> snn.Network:
    return snn.Network(
        input=(1, 8, 8),
        coding="ttfs",
        readout="membrane",
        layers=[
            snn.MaxPool(2, stride=2),
            snn.Flatten(),
            snn.Dense(16, neuron=snn.TTFS(**neuron), name="deep.first"),
            snn.Dense(8, neuron=snn.TTFS(**neuron), name="second"),
            snn.Dense(10, neuron=snn.TTFSMembrane(), name="out"),
        ],
        seed=2**63 + 1,
    )


def test_changes_leave_weights_buffers_seed_and_the_network_itself():
    network = timed_network(window=3)
    network.threads = 2
    network.tensors["out.bias"][:] = 7
    before, document = weights(network), network.json
    changes = {
        "*.neuron.jitter": 0.25,
        "deep.first.neuron.time_bits": np.int64(3),
        "second.connection.weight_bits": 4,
        "deep.first.max_pool.kernel": 1,
        "coding.low": -1,
        "readout.reduce": "sum",
        "second.window": np.float32(8),
    }
    other = network.changed(changes)
    assert network.json == document
    assert_same_bits(weights(network), before)
    assert_same_bits(weights(other), {**before, "second.window": np.array([8], np.float32)})
    assert other.seed == network.seed == 2**63 + 1 and other.threads == 2
    first, second, out = json.loads(other.json)["layers"]
    assert (first["neuron"]["jitter"], first["neuron"]["time_bits"], first["neuron"]["clock"]) == (0.25, 3, "nearest")
    assert (second["neuron"]["jitter"], second["neuron"]["time_bits"]) == (0.25, 0)
    assert second["connection"]["weight_bits"] == 4 and first["connection"]["weight_bits"] == 0
    assert first["stages"][0]["kernel"] in (1, [1, 1]) and first["stages"][0]["stride"] == 2
    assert out == json.loads(document)["layers"][2]
    assert json.loads(other.json)["coding"]["low"] == -1 and json.loads(other.json)["readout"]["reduce"] == "sum"
    widened = network.changed({"*.window": 5})
    assert widened.tensors["deep.first.window"] == widened.tensors["second.window"] == 5
    assert network.changed({}).json == document


@pytest.mark.parametrize(
    ("changes", "kind", "sentence"),
    [
        ({"window": 1}, snn.UnknownNameError, "unknown place 'window'.*layers: deep.first, second, out"),
        ({"third.window": 1}, snn.UnknownNameError, "buffers: deep.first.window, second.window"),
        ({"out.weight": 1}, snn.UnknownNameError, "unknown place"),
        ({"out.neuron.jitter": 1}, snn.UnknownNameError, "unknown place"),
        ({"second.neuron.model": "lif"}, snn.UnknownNameError, "unknown place"),
        ({"first.neuron.jitter": 1}, snn.UnknownNameError, "unknown place"),
        ({"second.flatten.kernel": 1}, snn.UnknownNameError, "unknown place"),
        ({"coding.gain": 1}, snn.UnknownNameError, "unknown place"),
        ({"": 1}, snn.UnknownNameError, "unknown place"),
        ({3: 1}, snn.ArgumentError, "must have a path"),
        ([("second.window", 1)], snn.ArgumentError, "must be a dictionary"),
        ({"*.window": "long"}, snn.ParameterError, "window must be a finite number, got 'long'"),
        ({"*.window": True}, snn.ParameterError, "got True"),
        ({"*.window": float("nan")}, snn.ParameterError, "got nan"),
        ({"*.window": 1e39}, snn.ParameterError, "got 1e"),
        ({"*.neuron.jitter": -1}, snn.ParameterError, "jitter must be >= 0 tau, got -1"),
        ({"second.neuron.early": "never"}, snn.ParameterError, "clamp, pass"),
        ({"second.neuron.jitter": object()}, snn.ArgumentError, "has no JSON"),
        ({"second.connection.outputs": 9}, snn.ShapeError, r"leave second.weight its shape \[16, 8\].*\[16, 9\]"),
    ],
)
def test_changes_that_are_refused(changes, kind, sentence):
    with pytest.raises(kind, match=sentence):
        timed_network().changed(changes)


def test_the_seed_is_told_wherever_the_network_comes_from(network, tmp_path):
    assert small_network(seed=2**64 - 1).seed == 2**64 - 1
    network.save(tmp_path / "network.snn")
    assert snn.Network.load(tmp_path / "network.snn").seed == network.seed == 1
    trained, _ = snn.run("digits-lif", epochs=1, seed=2**60 + 1, progress=False)
    assert trained.seed == 2**60 + 1


def test_a_changed_network_scores_as_the_shell_does(tmp_path, test):
    program = os.environ.get("SNN_PROGRAM", str(CHECKOUT / "build" / "snn"))
    if not os.path.isfile(program):
        pytest.skip(f"{program} is not built")
    recipe = {"name": "timed", "data": {"set": "digits"}, "network": json.loads(timed_network().json)}
    recipe["stages"] = [{"kind": "train", "rule": "ttfs", "epochs": 2, "batch": 32}]
    path = tmp_path / "network.snn"
    network, _ = snn.run(recipe, seed=3, out=path, progress=False)
    changes = {"*.neuron.jitter": 0.5, "*.window": 2, "second.neuron.time_bits": 3}
    options = [part for change, value in changes.items() for part in ("--set", f"{change}={value}")]
    result = subprocess.run([program, "eval", path, "--json", *options], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout.splitlines()[-1])
    report = network.changed(changes).evaluate(test)
    for name in ["accuracy", "loss", "spikes_per_neuron"]:
        assert told[name] == report[name] != network.evaluate(test)[name], name
