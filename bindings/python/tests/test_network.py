"""Networks: from objects, from JSON, from files; what they tell about themselves."""

from __future__ import annotations

import json

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
    with pytest.raises(snn.MemoryLimitError, match="memory_budget must be >= .* got 10"):
        network.plan(batch=64, memory_budget=10)
    with snn.Trainer(network, memory_budget=10) as trainer, pytest.raises(snn.MemoryLimitError, match="memory_budget"):
        trainer.train_batch(np.zeros((4, network.inputs), np.float32), np.zeros(4, np.int32))
