"""Samples given as events: equal to their frames to the bit, in every call that takes inputs."""

from __future__ import annotations

import gc
import re

import numpy as np
import pytest
from conftest import assert_same_bits, small_network, weights

import snn

STEPS, NEURONS, SAMPLES = 12, 64, 40
random = np.random.default_rng(5)
COUNTS = random.poisson(0.15, (SAMPLES, STEPS, NEURONS)).astype(np.float32)
FRAMES = np.minimum(COUNTS, 1)
Y = np.arange(SAMPLES, dtype=np.int32) % 10


def shuffled(frames: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """(steps, neurons) of every sample, in random order."""
    pairs = []
    for frame in frames:
        step, neuron = np.nonzero(frame)
        repeats = frame[step, neuron].astype(int)
        order = random.permutation(repeats.sum())
        pairs.append((np.repeat(step, repeats)[order], np.repeat(neuron, repeats)[order]))
    return pairs


EVENTS = snn.Events.from_samples(shuffled(COUNTS))
LARGEST = int(COUNTS.max())


def taker(largest: int = 1) -> snn.Network:
    return small_network(coding=snn.Coding("events", largest_count=largest))


@pytest.mark.parametrize(("coding", "frames"), [("events", FRAMES), ("frames", COUNTS), (LARGEST, COUNTS)])
def test_every_call_gives_what_the_frames_give(coding, frames):
    choice = snn.Coding("events", largest_count=coding) if isinstance(coding, int) else coding
    network = small_network(coding=choice)
    scores = network.predict(EVENTS)
    assert scores.any() and scores.tobytes() == network.predict(frames).tobytes()
    for name, result in network.predict(EVENTS, ["class", "spike_counts"]).items():
        assert result.tobytes() == network.predict(frames, name).tobytes()
    recordings = network.record(EVENTS), network.record(frames)
    assert (recordings[0].spikes("hidden") == recordings[1].spikes("hidden")).all()
    trained = []
    for x in (EVENTS, frames):
        other = small_network(coding=choice)
        trainer = snn.Trainer(other, seed=2)
        loss = trainer.compute_gradients(x, Y)
        gradients = {name: value.copy() for name, value in trainer.gradients.items()}
        losses = loss, trainer.train_batch(x, Y)
        other.fit(x, Y, epochs=2, batch=16, seed=1, progress=False)
        values = snn.Trainer(other, loss="mean_squared_error")
        losses += values.compute_gradients(x, np.eye(10)[Y]), values.train_batch(x, np.eye(10)[Y])
        trained.append((losses, gradients, weights(other), other.evaluate(x, Y)["loss"]))
    assert trained[0][0] == trained[1][0] and trained[0][3] == trained[1][3]
    assert_same_bits(trained[0][1], trained[1][1])
    assert_same_bits(trained[0][2], trained[1][2])


def test_from_frames_and_from_samples_are_one():
    network = taker(LARGEST)
    expected = network.predict(EVENTS).tobytes()
    for same in [COUNTS, COUNTS.astype(int), COUNTS.reshape(SAMPLES, STEPS, 1, 8, 8), COUNTS.tolist()]:
        events = snn.Events.from_frames(same)
        assert len(events) == SAMPLES and network.predict(events).tobytes() == expected
    assert taker().predict(snn.Events.from_frames(FRAMES > 0)).tobytes() == taker().predict(FRAMES).tobytes()
    one = snn.Events.from_frames(COUNTS[3])
    assert len(one) == 1 and one.steps.size == COUNTS[3].sum()
    assert network.predict(one).tobytes() == network.predict(COUNTS[3:4]).tobytes()
    assert snn.Events.from_frames(np.zeros((2, STEPS, NEURONS))).steps.size == 0


def test_parts_of_events():
    network = taker(LARGEST)
    whole = network.predict(EVENTS)
    for index in [slice(5), slice(7, 30), slice(-3, None), slice(None, None, 3), slice(None, None, -1)]:
        assert network.predict(EVENTS[index]).tobytes() == whole[index].tobytes()
    assert network.predict(EVENTS[-1]).tobytes() == whole[-1:].tobytes()
    assert np.shares_memory(EVENTS[7:30].steps, EVENTS.steps)
    assert len(EVENTS[7:30]) == 23 and repr(EVENTS[7:9]).startswith("<snn.Events: 2 samples, ")
    with pytest.raises(IndexError):
        EVENTS[SAMPLES]
    with pytest.raises(snn.ArgumentError, match="at least one sample"):
        EVENTS[5:5]


def test_arrays_of_the_right_type_are_not_copied_and_live_as_long_as_needed():
    steps, neurons = np.zeros(3, np.uint32), np.array([0, 1, 2], np.uint32)
    events = snn.Events([0, 1, 3], steps, neurons)
    assert events.steps is steps and events.neurons is neurons
    assert events.offsets.tolist() == [0, 1, 3] and len(events) == 2
    wide = snn.Events(np.array([0, 3]), steps.astype(np.int64), neurons[::-1])
    assert wide.steps.dtype == np.uint32 and wide.neurons.tolist() == [2, 1, 0]
    data = snn.Dataset.from_events(
        snn.Events.from_frames(np.ones((50, 2, 3))), np.arange(50) % 4, steps=2, neurons=3, classes=5
    )
    gc.collect()
    filler = [np.zeros(300, np.uint32) for _ in range(50)]
    inputs, label = data[49]
    assert (inputs == 1).all() and label == 1 and (data.features, data.classes, len(data)) == (6, 5, 50)
    del filler


def test_a_session_takes_the_frames_of_events():
    network = taker()
    with network.session(SAMPLES) as session:
        for step in range(STEPS):
            session.step(FRAMES[:, step])
        assert session.scores().tobytes() == network.predict(EVENTS).tobytes()


def test_closed_events_say_so():
    with snn.Events([0, 1], [0], [0]) as events:
        assert not events.closed
    for call in [lambda: taker().predict(events), lambda: snn.Trainer(taker()).train_batch(events, [0])]:
        with pytest.raises(snn.StateError, match="the events is closed"):
            call()
    assert "closed" in repr(events)


LATE, FAR = snn.Events([0, 1], [STEPS], [0]), snn.Events([0, 1], [0], [NEURONS])
X = np.ones((4, STEPS, NEURONS), np.float32)
HALF, TWO, NAN = X * 0.5, X * 2, X * np.nan


BAD = [
    (lambda n: snn.Events([], [], []), snn.ArgumentError, "offsets_count must be samples + 1, >= 2, got 0"),
    (lambda n: snn.Events([0], [], []), snn.ArgumentError, "got 1"),
    (lambda n: snn.Events([0, 2, 1], [0, 0], [0, 0]), snn.ShapeError, "offsets must not descend, got 1 after 2 at 2"),
    (lambda n: snn.Events([0, 3], [0, 0], [0, 0]), snn.ShapeError, "offsets must be <= the 2 events, got 3 at 1"),
    (lambda n: snn.Events([0, -1], [0], [0]), snn.ParameterError, "offsets must be >= 0 and fit into 64 bits"),
    (lambda n: snn.Events([0, 1], [-1], [0]), snn.ParameterError, "steps must be >= 0 and fit into 32 bits, got -1"),
    (lambda n: snn.Events([0, 1], [0], [2**32]), snn.ParameterError, "neurons must be >= 0 and fit into 32 bits"),
    (lambda n: snn.Events([0, 1], [0.5], [0]), snn.ArgumentError, "steps must be integers"),
    (lambda n: snn.Events([0, 1], [0, 1], [0]), snn.ShapeError, "got (2,), (2,) and (1,)"),
    (lambda n: snn.Events([[0, 1]], [0], [0]), snn.ShapeError, "got (1, 2)"),
    (lambda n: snn.Events.from_samples([]), snn.ArgumentError, "got 1"),
    (lambda n: snn.Events.from_samples([([0, 1], [2])]), snn.ShapeError, "sample 0 must have"),
    (lambda n: snn.Events.from_samples([3]), snn.ArgumentError, "sample 0 must be a pair"),
    (lambda n: snn.Events.from_frames(HALF), snn.ParameterError, "whole numbers 0 ... 32767, got 0.5"),
    (lambda n: snn.Events.from_frames(-X), snn.ParameterError, "got -1.0"),
    (lambda n: snn.Events.from_frames(NAN), snn.ParameterError, "got nan"),
    (lambda n: snn.Events.from_frames(X[0, 0]), snn.ShapeError, "got (64,)"),
    (lambda n: n.predict(LATE), snn.ParameterError, "step of an event must be below the 12 of the window, got 12"),
    (lambda n: n.predict(FAR), snn.ParameterError, "neuron of an event must be below the 64 of the input, got 64"),
    (lambda n: n.predict(FAR, ["class"]), snn.ParameterError, "in sample 0, event 0"),
    (lambda n: n.record(FAR), snn.ParameterError, "got 64"),
    (lambda n: n.fit(FAR, [0], epochs=1), snn.ParameterError, "got 64"),
    (lambda n: n.evaluate(LATE, [0]), snn.ParameterError, "got 12"),
    (lambda n: n.evaluate(EVENTS), snn.ShapeError, "y must be given"),
    (lambda n: n.evaluate(EVENTS, Y[:3]), snn.ShapeError, "labels must hold 40 x 1 values, got a count of 3"),
    (lambda n: n.evaluate(EVENTS, Y + 8), snn.ParameterError, "a label must be in 0..<10"),
    (lambda n: snn.Trainer(n).train_batch(EVENTS, Y[:3]), snn.ShapeError, "labels"),
    (lambda n: snn.Trainer(n).train_batch(EVENTS, np.zeros((40, 10))), snn.NotSupportedError, "labels"),
    (lambda n: n.predict(HALF), snn.ParameterError, "events takes whole numbers 0 ... 1, got 0.5 in sample 0, value 0"),
    (lambda n: n.predict(TWO), snn.ParameterError, "got 2.0"),
    (lambda n: n.predict(NAN), snn.NotFiniteError, "nan"),
    (lambda n: n.session(4).step(HALF[:, 0]), snn.ParameterError, "whole numbers 0 ... 1, got 0.5"),
    (lambda n: small_network().predict(EVENTS), snn.NotSupportedError, "constant takes values, it cannot take events"),
    (lambda n: small_network(coding="rate").fit(EVENTS, Y, epochs=1), snn.NotSupportedError, "rate takes values"),
    (lambda n: small_network(steps=11, coding="events").evaluate(EVENTS, Y), snn.ParameterError, "the 11 of the win"),
    (lambda n: taker(1025), snn.ParameterError, "largest_count must be 1 ... 1024"),
]


@pytest.mark.parametrize(("call", "kind", "sentence"), BAD)
def test_what_is_wrong_is_refused(call, kind, sentence):
    network = taker()
    before = weights(network)
    with pytest.raises(kind, match=re.escape(sentence)):
        call(network)
    assert_same_bits(weights(network), before)


def test_a_set_of_another_window_is_refused():
    data = snn.Dataset.from_events(EVENTS, Y, steps=64, neurons=64)
    with pytest.raises(snn.ShapeError, match="the network takes 12 steps of 64 neurons, the data set has events in 64"):
        taker().evaluate(data)
