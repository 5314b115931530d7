"""Views into the library's memory, and how long they live."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from conftest import small_network

import snn

X = np.linspace(0, 1, 4 * 64, dtype=np.float32).reshape(4, 64)


def test_tensors_are_writable_views_in_the_shapes_of_the_header(network):
    tensors = network.tensors
    assert {name: tensor.shape for name, tensor in tensors.items()} == {
        "hidden.weight": (64, 32),
        "hidden.bias": (32,),
        "out.weight": (32, 10),
        "out.bias": (10,),
    }
    for tensor in tensors.values():
        assert tensor.dtype == np.float32 and tensor.flags.writeable and not tensor.flags.owndata
    assert np.shares_memory(network.tensors["out.bias"], tensors["out.bias"])
    assert "out.bias" in tensors and "nothing" not in tensors and len(tensors) == 4
    assert "hidden.weight: [64, 32]" in repr(tensors)


def test_writing_to_a_view_changes_predictions(network):
    before = network.predict(X)
    network.tensors["out.bias"][3] = 5
    after = network.predict(X)
    assert (after[:, 3] == network.steps).all() or (after[:, 3] > before[:, 3]).all()
    network.tensors["out.weight"][:] = 0
    network.tensors["out.bias"][:] = 0
    assert (network.predict(X) == 0).all()


def test_a_view_outlives_its_network():
    network = small_network()
    weight = network.tensors["hidden.weight"]
    part = weight[3:5, ::2]
    expected = part.copy()
    del network, weight
    gc.collect()
    filler = [small_network() for _ in range(20)]  # would reuse the memory had it been freed
    assert (part == expected).all()
    part[:] = 7
    assert (part == 7).all()
    del filler


def test_a_view_outlives_a_closed_network():
    network = small_network()
    bias = network.tensors["out.bias"]
    network.close()
    filler = [small_network() for _ in range(20)]
    bias[:] = 2
    assert (bias == 2).all()
    del filler


def test_recordings_are_read_only_views_that_live_on():
    recording = small_network().record(X, potentials=True)
    spikes, potentials = recording.spikes("hidden"), recording.potentials("hidden")
    expected = spikes.copy()
    assert not spikes.flags.writeable and not potentials.flags.writeable
    recording.close()
    gc.collect()
    assert (spikes == expected).all()
    with pytest.raises(ValueError):
        spikes[0] = 1


def test_gradients_are_views_that_follow_the_batches(network):
    trainer = snn.Trainer(network)
    gradient = trainer.gradients["hidden.weight"]
    assert gradient.shape == (64, 32)
    trainer.compute_gradients(X, [0, 1, 2, 3])
    assert np.abs(gradient).max() > 0
    trainer.close()
    assert np.isfinite(gradient).all()


def test_buffers_have_no_gradients():
    layers = [snn.Flatten(), snn.Dense(8, neuron=snn.TTFS()), snn.Dense(10, neuron=snn.TTFSMembrane())]
    timed = small_network(layers=layers, coding="ttfs", readout="membrane", steps=1)
    trainer = snn.Trainer(timed, rule="ttfs")
    trainer.compute_gradients(X, [0, 1, 2, 3])
    assert set(timed.tensors) - set(trainer.gradients) == {"layer1.window"}


def test_gradients_of_a_large_layer_are_kept_once_asked_for():
    with small_network(hidden=300) as network:
        trainer = snn.Trainer(network)
        trainer.train_batch(X, [0, 1, 2, 3])
        with pytest.raises(snn.StateError, match="kept no gradients"):
            trainer.gradients  # noqa: B018
        trainer.compute_gradients(X, [0, 1, 2, 3])
        gradient = trainer.gradients["hidden.weight"]
        before = gradient.copy()
        trainer.train_batch(X, [1, 2, 3, 4])
        assert (gradient != before).any()
        trainer.close()


def test_closing_is_idempotent_and_later_calls_say_so():
    with small_network() as network, network.session(1) as session, snn.Trainer(network) as trainer:
        recording = network.record(X)
        dataset = snn.Dataset(X, [0, 1, 2, 3])
    for thing in (network, session, trainer, recording, dataset):
        thing.close()
        thing.close()
        assert thing.closed
    calls = [
        lambda: network.predict(X),
        lambda: network.tensors,
        lambda: network.json,
        lambda: network.evaluate(X, [0, 1, 2, 3]),
        lambda: session.step(X[0]),
        lambda: trainer.train_batch(X, [0, 1, 2, 3]),
        lambda: trainer.gradients,
        lambda: trainer.fit(X, [0, 1, 2, 3], epochs=1),
        lambda: recording.spikes("hidden"),
        lambda: dataset[0],
        lambda: network.__enter__(),
    ]
    for call in calls:
        with pytest.raises(snn.StateError, match="is closed"):
            call()
    assert "closed" in repr(network) and "closed" in repr(session) and "closed" in repr(trainer)


def test_a_trainer_outlives_its_network_and_a_session_both():
    network = small_network()
    trainer, session = snn.Trainer(network), network.session(1)
    network.close()
    del network
    gc.collect()
    assert trainer.train_batch(X, [0, 1, 2, 3]) > 0
    session.step(X[0])
    trainer.close()
    assert session.scores().shape == (1, 10)


def test_a_dataset_keeps_its_arrays():
    dataset = snn.Dataset(np.full((50, 64), 0.5, np.float32), np.arange(50) % 10)
    gc.collect()
    filler = [np.zeros((50, 64), np.float32) for _ in range(20)]
    inputs, label = dataset[49]
    assert (inputs == 0.5).all() and label == 9
    del filler
