"""Predictions, evaluations, recordings, sessions."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import small_network

import snn


@pytest.fixture
def x(test) -> np.ndarray:
    return test[:128][0]


def test_a_batch_of_128_equals_128_batches_of_one(x):
    for coding in ["constant", snn.Coding("rate")]:
        network = small_network(coding=coding)
        whole = network.predict(x)
        single = np.concatenate([network.predict(x[i : i + 1], first_sample=i) for i in range(len(x))])
        assert whole.tobytes() == single.tobytes()
        assert whole.any()


def test_the_number_of_threads_does_not_matter(network, x):
    network.threads = 1
    one = network.predict(x)
    network.threads = 2
    assert network.predict(x).tobytes() == one.tobytes()


@pytest.mark.parametrize("coding", ["constant", "rate"])
def test_a_session_equals_the_whole_window(x, coding):
    network = small_network(coding=coding)
    recording = network.record(x, potentials=True)
    with network.session(len(x)) as session:
        for step in range(network.steps):
            session.step(x if step == 0 or coding == "rate" else None)
            for node in network.nodes:
                sent = recording.spikes(node.name)[step] * np.float32(recording.scale(node.name))
                assert session.output(node.name).tobytes() == sent.astype(np.float32).tobytes()
        assert session.steps == network.steps
        assert session.scores().tobytes() == network.predict(x).tobytes()
        session.reset()
        assert session.steps == 0
        session.step(x)
        assert session.steps == 1 and "128 streams at step 1" in repr(session)


def test_whatever_numpy_understands_is_taken(network, x):
    expected = network.predict(x).tobytes()
    for same in [
        x.reshape(-1, 1, 8, 8),
        x.astype(np.float64),
        x.tolist(),
        np.asfortranarray(x),
        x.astype(">f4"),
        np.repeat(x, 2, axis=0)[::2],
    ]:
        assert network.predict(same).tobytes() == expected
    assert network.predict(x[5]).tobytes() == network.predict(x[5:6]).tobytes()
    unaligned = np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(np.float32).reshape(x.shape)
    assert network.predict(unaligned).tobytes() == expected
    whole = (x * 16).astype(np.uint8)
    assert network.predict(whole).tobytes() == network.predict(whole.astype(np.float32)).tobytes()


def test_contiguous_float32_is_not_copied(x):
    from snn._convert import floats, labels

    assert floats(x) is x
    numbers = np.arange(5, dtype=np.int32)
    assert labels(numbers) is numbers


def test_results_by_name(network, x):
    results = network.predict(x, ["scores", "probabilities", "class", "spike_counts"])
    assert {name: value.shape for name, value in results.items()} == {
        "scores": (128, 10),
        "probabilities": (128, 10),
        "class": (128, 1),
        "spike_counts": (128, 2),
    }
    assert results["scores"].tobytes() == network.predict(x).tobytes()
    assert (results["class"][:, 0] == results["scores"].argmax(axis=1)).all()
    assert np.allclose(results["probabilities"].sum(axis=1), 1)
    recording = network.record(x)
    assert (results["spike_counts"][:, 0] == recording.spikes("hidden").sum(axis=(0, 2))).all()
    assert (network.predict(x, "class") == results["class"]).all()


def test_evaluation_of_arrays_equals_that_of_the_dataset(network, test):
    inputs, targets = test[:]
    from_dataset, from_arrays = network.evaluate(test), network.evaluate(inputs.reshape(-1, 1, 8, 8), targets)
    for name in ["accuracy", "loss", "samples", "spikes_per_neuron", "synaptic_operations", "steps"]:
        assert from_dataset[name] == from_arrays[name]
    assert from_dataset["samples"] == 359
    assert from_dataset["accuracy"] == np.mean(network.predict(inputs, "class")[:, 0] == targets)
    assert set(from_dataset["nodes"]) == {"hidden", "out"}


def test_record_shapes(network, x):
    recording = network.record(x[:5], potentials=True)
    assert recording.nodes == ("hidden", "out") and "hidden, out" in repr(recording)
    for name, neurons in [("hidden", 32), ("out", 10)]:
        assert recording.spikes(name).shape == recording.potentials(name).shape == (12, 5, neurons)
        assert recording.spikes(name).dtype == np.int16 and recording.potentials(name).dtype == np.float32
        assert recording.scale(name) == 1
    assert (network.predict(x[:5]) == recording.spikes("out").sum(axis=0)).all()


def test_record_what_is_asked_for(network, x):
    recording = network.record(x[:2], "hidden", spikes=False, potentials=True)
    assert recording.nodes == ("hidden",)
    with pytest.raises(snn.StateError, match="spikes of node 'hidden' were not recorded"):
        recording.spikes("hidden")
    with pytest.raises(snn.StateError, match="potentials of node 'out' were not recorded"):
        recording.potentials("out")
    with pytest.raises(snn.UnknownNameError, match="elsewhere"):
        recording.potentials("elsewhere")
    assert network.record(x[:2], ["input"]).nodes == ("input",)


def test_record_beyond_its_budget_is_refused(network, x):
    with pytest.raises(snn.MemoryLimitError, match="100"):
        network.record(x, byte_budget=100)
    with pytest.raises(MemoryError):
        network.record(x, byte_budget=100)
    with pytest.raises(snn.ParameterError, match="byte_budget must be > 0"):
        network.record(x, byte_budget=0)
