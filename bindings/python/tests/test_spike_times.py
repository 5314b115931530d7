"""Networks of spike times: the rectified twin, a replay in NumPy, what results promise, what is refused."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from conftest import timed_digits

import snn

ADAM = snn.Optimizer("adam", learning_rate=0.003)


# ---------------------------------------------------------------- the rectified twin


def pair(layers: int, **neuron: Any) -> tuple[snn.Network, snn.Network]:
    """A network of spike times and the network of rectified linear units with its weights."""

    def build(coding: str, hidden: snn.Neuron, last: snn.Neuron) -> snn.Network:
        return snn.Network(
            input=(1, 8, 8),
            coding=coding,
            readout="membrane",
            layers=[
                snn.Flatten(),
                *(snn.Dense(48, neuron=hidden, name=f"hidden{1 + layer}") for layer in range(layers)),
                snn.Dense(10, neuron=last, name="out"),
            ],
            seed=5,
        )

    return (
        build("ttfs", snn.TTFS(**neuron), snn.TTFSMembrane()),
        build("constant", snn.ReLU(), snn.Neuron("relu.identity")),
    )


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("penalty", [0, 1e-3])
@pytest.mark.parametrize("neuron", [{}, {"window": 1.5, "early": "pass"}])
def test_training_equals_that_of_rectified_linear_units_to_the_bit(layers, penalty, neuron, train, test):
    timed, rectified = pair(layers, **neuron)
    settings = {"epochs": 4, "batch": 32, "optimizer": ADAM, "schedule": "cosine", "seed": 9, "progress": False}
    own = timed.fit(train, rule={"kind": "ttfs", "activity_penalty": penalty}, **settings)
    twin = rectified.fit(train, rule={"kind": "backpropagation", "activity_penalty": penalty}, **settings)
    assert (own["loss"], own["train_accuracy"]) == (twin["loss"], twin["train_accuracy"])
    windows = {f"hidden{1 + layer}.window" for layer in range(layers)}
    assert set(timed.tensors) - set(rectified.tensors) == windows
    for name, tensor in rectified.tensors.items():
        same = tensor.tobytes() == timed.tensors[name].tobytes()
        assert same, name
    for name in windows:
        assert timed.tensors[name][0] > 1.5 if neuron else timed.tensors[name] == 1500
    x, _ = test[:]
    assert timed.predict(x).tobytes() == rectified.predict(x).tobytes()
    assert timed.evaluate(test)["accuracy"] == rectified.evaluate(test)["accuracy"] > 0.8


def test_windows_grow_to_ten_times_the_largest_activation(train):
    timed, rectified = pair(1, window=1.5, early="pass")
    inputs, labels = train[:256]
    trainer = snn.Trainer(timed, rule="ttfs", optimizer=ADAM)
    twin = snn.Trainer(rectified, optimizer=ADAM)
    expected = np.float32(1.5)
    for first in range(0, 256, 32):
        batch = inputs[first : first + 32]
        # What the units send is told by the times of the untouched network, whose windows have room.
        record = rectified.record(batch, spikes=False, potentials=True)
        expected = max(expected, np.float32(10) * record.potentials("hidden1").max())
        trainer.train_batch(batch, labels[first : first + 32])
        twin.train_batch(batch, labels[first : first + 32])
        assert timed.tensors["hidden1.window"][0] == expected
    still = pair(1, window=1.5, early="pass")[0]
    still.fit(train, epochs=1, rule={"kind": "ttfs", "growth": 0}, progress=False)
    assert still.tensors["hidden1.window"] == 1.5


# ---------------------------------------------------------------- a replay in NumPy


def philox(key: tuple[int, int], *counter: np.ndarray) -> list[np.ndarray]:
    """The four words of Philox4x32-10 for each counter; everything in the low half of 64 bits."""
    low = np.uint64(0xFFFF_FFFF)
    a, b, c, d = (np.asarray(word, np.uint64) for word in counter)
    k0, k1 = key
    for _ in range(10):
        p, q = a * np.uint64(0xD251_1F53), c * np.uint64(0xCD9E_8D57)
        a, c = (q >> np.uint64(32)) ^ b ^ np.uint64(k0), (p >> np.uint64(32)) ^ d ^ np.uint64(k1)
        b, d = q & low, p & low
        k0, k1 = (k0 + 0x9E37_79B9) & 0xFFFF_FFFF, (k1 + 0xBB67_AE85) & 0xFFFF_FFFF
    return [a, b, c, d]


def uniform(seed: int, purpose: int, stream: int, samples: np.ndarray, count: int, step: int) -> np.ndarray:
    """Numbers in [0, 1), [samples, count]."""
    mixed = (seed ^ purpose << 56) * 0x9E37_79B9_7F4A_7C15 % 2**64
    sample, index = np.meshgrid(samples.astype(np.uint64), np.arange(-(-count // 4), dtype=np.uint64), indexing="ij")
    salt = np.uint64(stream * 0x85EB_CA6B % 2**32)
    words = philox(
        (mixed % 2**32, mixed >> 32),
        index,
        np.full_like(index, step),
        sample & np.uint64(0xFFFF_FFFF),
        sample >> np.uint64(32) ^ salt,
    )
    four = np.stack(words, axis=-1).reshape(len(samples), -1)[:, :count]
    return (four >> np.uint64(8)) * 2.0**-24


def normal(seed: int, purpose: int, stream: int, samples: np.ndarray, count: int) -> np.ndarray:
    """Standard normal numbers, after Box and Muller."""
    radius = 1 - uniform(seed, purpose, stream, samples, count, step=0)
    angle = uniform(seed, purpose, stream, samples, count, step=1)
    return np.sqrt(-2 * np.log(radius)) * np.cos(2 * np.pi * angle)


JITTER = 7


def rounded(weight: np.ndarray, bits: int, largest: float) -> np.ndarray:
    """Weights as integers of some bits; every step is one of float32, so the bits are those of the library."""
    if bits == 0:
        return weight.astype(np.float64)
    step = np.float32(2) * np.float32(largest) / np.float32(2**bits - 1)
    level = np.clip(np.rint(weight / step), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return (level * step).astype(np.float64)


class Replay:
    """A dense network of spike times in double precision, from the description and the tensors alone.

    Sums of float32 depend on their order, and a jump (the tick of a clock, a spike that just happens) turns a last bit
    into another time: `doubt` tells which numbers lie so near to a jump that float32 may take the other side. With
    `sent`, what the library recorded of each layer, every layer goes on from there; so all of them can be compared, and
    nothing but the sums of the last layer is left to differ.
    """

    def __init__(
        self,
        network: snn.Network,
        x: np.ndarray,
        hidden: list[str],
        neuron: dict[str, Any],
        weight_bits: int = 0,
        weight_range: float = 1,
        sent: dict[str, np.ndarray] | None = None,
    ) -> None:
        jitter, bits = np.float32(neuron.get("jitter", 0)), neuron.get("time_bits", 0)
        moves_all, ceil = neuron.get("jitter_of") == "all", neuron.get("clock") == "ceil"
        tensors, samples = network.tensors, np.arange(len(x))
        self.left: list[np.ndarray] = []
        self.doubt: list[np.ndarray] = []
        left = x.astype(np.float64)
        for stream, name in enumerate(hidden):
            window = float(tensors[f"{name}.window"][0])
            sums = left @ rounded(tensors[f"{name}.weight"], weight_bits, weight_range) + tensors[f"{name}.bias"]
            left = np.clip(sums, 0, window)
            doubt = np.abs(sums) < 2e-5
            if jitter > 0:
                noise = normal(network.seed, JITTER, stream, samples, left.shape[1]).astype(np.float32)
                moved = left - (jitter * noise).astype(np.float64)
                left = moved if moves_all else np.where(left > 0, np.clip(moved, 0, window), left)
                doubt |= np.abs(moved) < 2e-5
            if bits > 0:
                tick = window / (2**bits - 1)
                later = (window - left) / tick
                # The tick that is left; ceil jumps at ticks, nearest between two.
                kept = 2**bits - 1 - (np.ceil(later) if ceil else np.rint(later))
                place = later % 1
                edge = np.minimum(place, 1 - place) if ceil else np.abs(place - 0.5)
                doubt |= (edge < 1e-5 * (1 + np.abs(later))) & (left > 0) & (left < window)
                left = np.clip(kept, 0, 2**bits - 1) * tick
            self.left.append(left)
            self.doubt.append(doubt)
            if sent is not None:
                left = sent[name].astype(np.float64)
        self.scores = left @ rounded(tensors["out.weight"], weight_bits, weight_range) + tensors["out.bias"]
        self.classes = self.scores.argmax(axis=1)
        first, second = np.sort(self.scores, axis=1)[:, :-3:-1].T
        self.sure = (first - second > 1e-4) & ~np.concatenate(self.doubt, axis=1).any(axis=1)


DISTURBANCES: list[dict[str, Any]] = [
    {},
    {"jitter": 0.5},
    {"jitter": 0.5, "jitter_of": "all"},
    {"time_bits": 3},
    {"time_bits": 4, "clock": "ceil"},
    {"weight_bits": 4},
    {"weight_bits": 3, "weight_range": 0.4},
    {"window": 1.25},
    {"window": 2, "jitter": 0.3, "time_bits": 4, "weight_bits": 5},
    {"window": 2, "jitter": 0.3, "jitter_of": "all", "time_bits": 4, "clock": "ceil"},
]


def check_replay(network: snn.Network, hidden: list[str], x: np.ndarray, y: np.ndarray, what: dict[str, Any]) -> None:
    """The network, disturbed, does what the replay says: classes and accuracy to the last digit."""
    neuron = {name: what[name] for name in what if name in ("jitter", "jitter_of", "time_bits", "clock")}
    weight = {name: what[name] for name in what if name.startswith("weight")}
    changes = {f"*.neuron.{name}": value for name, value in neuron.items()}
    changes |= {f"*.connection.{name}": value for name, value in weight.items()}
    disturbed = network.changed(changes)
    if "window" in what:
        for name in hidden:
            disturbed.tensors[f"{name}.window"][:] = what["window"]
    given = disturbed.predict(x, ["class", "spike_times", "scores"])
    recording = disturbed.record(x, hidden, spikes=False, potentials=True, byte_budget=2**30)
    sent = {name: recording.potentials(name)[0] for name in hidden}
    classes = given["class"][:, 0].astype(int)

    # Layer by layer, each from what the one before it sent.
    replay = Replay(disturbed, x, hidden, neuron, **weight, sent=sent)
    times, first, end = given["spike_times"], 0, 1.0
    for name, left, doubt in zip(hidden, replay.left, replay.doubt):
        assert doubt.mean() < 1e-3, name
        np.testing.assert_allclose(sent[name][~doubt], left[~doubt], rtol=1e-5, atol=2e-5, err_msg=name)
        end += float(disturbed.tensors[f"{name}.window"][0])
        its = times[:, first : first + left.shape[1]]
        assert (np.isinf(its) == (left == 0))[~doubt].all(), name
        assert (np.isinf(its) == (sent[name] == 0)).all(), name
        fired = (left != 0) & ~doubt
        np.testing.assert_allclose(its[fired], (end - left)[fired], rtol=1e-6, atol=2e-5, err_msg=name)
        first += left.shape[1]
    assert first == times.shape[1]
    np.testing.assert_allclose(given["scores"], replay.scores, rtol=1e-5, atol=1e-4)
    assert (replay.classes == classes).all()
    assert disturbed.evaluate(x, y)["accuracy"] == np.mean(replay.classes == y)

    # From the inputs to the classes, for every sample that rounding cannot turn.
    alone = Replay(disturbed, x, hidden, neuron, **weight)
    assert alone.sure.mean() > 0.95
    assert (alone.classes == classes)[alone.sure].all()
    if what:
        assert (given["scores"] != network.predict(x)).any()


@pytest.mark.parametrize("what", DISTURBANCES, ids=str)
@pytest.mark.parametrize("layers", [1, 2])
def test_a_replay_of_disturbed_digits(layers, what, test):
    network = timed_digits(layers)
    hidden = [node.name for node in network.nodes[:-1]]
    check_replay(network, hidden, *test[:], what)


@functools.cache
def timed_mnist() -> tuple[snn.Network, np.ndarray, np.ndarray]:
    try:
        train, test = snn.Dataset.open("mnist", "train"), snn.Dataset.open("mnist", "test")
    except snn.DataMissingError as missing:
        pytest.skip(str(missing))
    network = snn.Network(
        input=(1, 28, 28),
        coding="ttfs",
        readout="membrane",
        layers=[
            snn.Flatten(),
            snn.Dense(128, neuron=snn.TTFS(), name="hidden"),
            snn.Dense(10, neuron=snn.TTFSMembrane(), name="out"),
        ],
        seed=1,
    )
    network.fit(train, epochs=1, batch=64, rule="ttfs", optimizer=ADAM, seed=1, progress=False)
    network.fit(train, epochs=1, rule="ttfs.fit_windows", progress=False)
    return network, *test[:]


@pytest.mark.slow
@pytest.mark.parametrize("what", DISTURBANCES, ids=str)
def test_a_replay_of_10_000_disturbed_images(what):
    network, x, y = timed_mnist()
    assert len(x) == 10_000
    check_replay(network, ["hidden"], x, y, what)


def test_the_generator_is_philox():
    """Salmon and others' known answers, and numbers that predictions draw twice."""
    zero = [word.item() for word in philox((0, 0), *np.zeros((4, 1)))]
    assert zero == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    ones = 2**32 - 1
    assert [word.item() for word in philox((ones, ones), *np.full((4, 1), ones, np.uint64))] == [
        0x408F276D,
        0x41C83B0E,
        0xA20BC7C6,
        0x6D5451FD,
    ]


@pytest.mark.parametrize("bits", [3, 4, 5, 12])
def test_a_spike_at_the_beginning_of_its_window_is_on_a_tick(bits):
    layers = [snn.Dense(1, neuron=snn.TTFS(), name="hidden"), snn.Dense(1, neuron=snn.TTFSMembrane(), name="out")]
    plain = small(input=1, layers=layers)
    plain.tensors["hidden.weight"][:], plain.tensors["hidden.bias"][:] = 1000, 0
    for clock in ["nearest", "ceil"]:
        network = plain.changed({"*.neuron.time_bits": bits, "*.neuron.clock": clock})
        for window in np.linspace(0.5, 50, 100):
            network.tensors["hidden.window"][:] = window
            assert network.predict([[1.0]], "spike_times")[0, 0] == pytest.approx(1, abs=1e-5)


def test_jitter_belongs_to_the_sample_not_to_the_call(test):
    network = timed_digits().changed({"*.neuron.jitter": 0.5})
    x, _ = test[:50]
    whole = network.predict(x, "spike_times")
    network.threads = 1
    apart = [network.predict(x[i : i + 1], "spike_times", first_sample=i) for i in range(len(x))]
    assert np.concatenate(apart).tobytes() == whole.tobytes()
    assert network.predict(x, "spike_times", first_sample=1).tobytes() != whole.tobytes()


# ---------------------------------------------------------------- results


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("what", [{}, {"*.window": 1.25}, {"*.neuron.time_bits": 4}, {"*.neuron.jitter": 0.5}], ids=str)
def test_decisions_are_the_classes_and_come_in_time(layers, what, test):
    network, (x, _) = timed_digits(layers).changed(what), test[:]
    results = network.predict(x, ["class", "decision_class", "decision_time", "latency", "spike_times"])
    windows = [float(tensor[0]) for name, tensor in network.tensors.items() if name.endswith(".window")]
    assert len(windows) == layers
    assert results["decision_class"].tobytes() == results["class"].tobytes()
    assert (results["decision_time"] <= results["latency"]).all()
    assert (results["latency"] == np.float32(1 + sum(windows))).all()
    # The last layer's sums cannot be certain before its spikes arrive.
    assert (results["decision_time"] >= np.float32(1 + sum(windows[:-1]))).all()
    assert (results["decision_time"] < results["latency"]).mean() > 0.5


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("what", [{}, {"*.window": 1.25}, {"*.connection.weight_bits": 4}], ids=str)
def test_the_simulation_by_events_agrees(layers, what, test):
    network, (x, _) = timed_digits(layers).changed(what), test[:]
    given = network.predict(x, ["scores", "event_scores", "spike_times", "event_times", "premature_crossings"])
    size = np.abs(given["scores"]).max(axis=1, keepdims=True)
    assert (np.abs(given["event_scores"] - given["scores"]) <= 1e-5 * size).all()
    both = np.isfinite(given["spike_times"]) & np.isfinite(given["event_times"])
    np.testing.assert_allclose(given["event_times"][both], given["spike_times"][both], rtol=1e-5)
    # Where only one of them spikes, it does so at the very end of its window.
    one = np.isfinite(given["spike_times"]) != np.isfinite(given["event_times"])
    assert one.mean() < 1e-4
    assert given["premature_crossings"].shape == (len(x), layers)
    assert (given["premature_crossings"] >= 0).all()


@pytest.mark.parametrize("early", ["clamp", "pass"])
def test_spikes_come_once_inside_their_window_or_never(early, test):
    network, (x, _) = timed_digits(2).changed({"*.neuron.early": early}), test[:]
    if early == "clamp":
        network.tensors["hidden1.window"][:] = 1.25
    recording = network.record(x, ["hidden1", "hidden2"], spikes=False, potentials=True)
    times, start = network.predict(x, "spike_times"), 1.0
    for layer, its in zip(("hidden1", "hidden2"), np.split(times, 2, axis=1)):
        end = start + float(network.tensors[f"{layer}.window"][0])
        silent = recording.potentials(layer)[0] <= 0
        assert (np.isinf(its) == silent).all()
        assert 0.05 < silent.mean() < 0.95
        fired = its[~silent]
        assert (fired >= np.float32(start)).all() and (fired <= np.float32(end)).all()
        # One time a neuron and sample: the count of spikes is that of finite times.
        node = network.evaluate(*test[:])["nodes"][layer]
        assert node["spikes_per_neuron"] == pytest.approx(len(fired) / silent.size, rel=1e-12)
        start = end
    counts = network.predict(x, "spike_counts")[:, :2]
    assert (counts == np.isfinite(times).reshape(len(x), 2, -1).sum(axis=2)).all()


# ---------------------------------------------------------------- what is refused

X = np.full((4, 64), 0.5, np.float32)
Y = np.array([0, 1, 2, 3], np.int32)


def wrong(value: float) -> np.ndarray:
    bad = X.copy()
    bad[2, 3] = value
    return bad


def small(coding: Any = "ttfs", window: float = 8, **changes: Any) -> snn.Network:
    layers = [
        snn.Flatten(),
        snn.Dense(8, neuron=snn.TTFS(window=window), name="hidden"),
        snn.Dense(10, neuron=snn.TTFSMembrane(), name="out"),
    ]
    return snn.Network(**{"input": (1, 8, 8), "coding": coding, "readout": "membrane", "layers": layers, **changes})


@pytest.mark.parametrize(
    ("coding", "value", "law"),
    [
        ("ttfs", 1.5, r"numbers 0 \.\.\. 1, got 1.5 in sample 2, value 3"),
        ("ttfs", -0.25, r"numbers 0 \.\.\. 1, got -0.25 in sample 2, value 3"),
        (snn.Coding("ttfs", low=-1, high=2), 2.5, r"numbers -1 \.\.\. 2, got 2.5"),
    ],
)
def test_values_outside_the_coding_are_refused(coding, value, law):
    network = small(coding)
    network.predict(X)
    for call in [
        lambda: network.predict(wrong(value)),
        lambda: network.predict(wrong(value), ["class", "spike_times"]),
        lambda: network.evaluate(wrong(value), Y),
        lambda: network.record(wrong(value), spikes=False, potentials=True),
        lambda: snn.Trainer(network, rule="ttfs").train_batch(wrong(value), Y),
    ]:
        with pytest.raises(snn.ParameterError, match=law):
            call()
    with pytest.raises(snn.ParameterError, match="high must be > low"):
        small(snn.Coding("ttfs", low=1, high=1))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(value):
    network = small()
    for call in [
        lambda: network.predict(wrong(value)),
        lambda: network.predict(wrong(value), "decision_time"),
        lambda: network.evaluate(wrong(value), Y),
        lambda: snn.Trainer(network, rule="ttfs").train_batch(wrong(value), Y),
        lambda: network.fit(wrong(value), Y, epochs=1, rule="ttfs.fit_windows", progress=False),
    ]:
        with pytest.raises(snn.NotFiniteError, match="finite"):
            call()


@pytest.mark.parametrize("value", [-1, np.nan, np.inf, -np.inf])
def test_impossible_windows_are_refused(value):
    network = small()
    network.tensors["hidden.window"][:] = value
    for call in [
        lambda: network.predict(X),
        lambda: network.predict(X, "class"),
        lambda: network.predict(X, "spike_times"),
        lambda: network.predict(X, "latency"),
        lambda: network.predict(X, "decision_time"),
        lambda: network.predict(X, "event_scores"),
        lambda: network.evaluate(X, Y),
        lambda: network.record(X, spikes=False, potentials=True),
    ]:
        with pytest.raises(snn.StateError, match="hidden.*window must be > 0 and finite"):
            call()


def test_windows_that_are_not_fitted_are_refused_until_they_are(train, test):
    network = small(window=0)
    for call in [
        lambda: network.predict(X),
        lambda: network.predict(X, "latency"),
        lambda: network.evaluate(X, Y),
    ]:
        with pytest.raises(snn.StateError, match="hidden.*window is not fitted"):
            call()
    network.fit(train, epochs=1, rule="ttfs.fit_windows", progress=False)
    assert network.tensors["hidden.window"] > 0
    assert network.predict(test[:4][0]).shape == (4, 10)
    with pytest.raises(snn.ParameterError, match="window must be >= 0"):
        small(window=-1)
    with pytest.raises(snn.NotSupportedError, match="fitted without jitter and time_bits"):
        network.changed({"*.neuron.jitter": 0.1}).fit(train, epochs=1, rule="ttfs.fit_windows", progress=False)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"coding": "constant"}, "hidden.*ttfs takes spike times"),
        ({"coding": "rate"}, "hidden.*ttfs takes spike times"),
        (
            {
                "layers": [
                    snn.Conv2d(2, 3, neuron=snn.TTFS(), name="conv"),
                    snn.AveragePool(2),
                    snn.Flatten(),
                    snn.Dense(10, neuron=snn.TTFSMembrane(), name="out"),
                ]
            },
            "out.*takes spike times, but constant values arrive",
        ),
        (
            {
                "layers": [
                    snn.AveragePool(2),
                    snn.Flatten(),
                    snn.Dense(4, neuron=snn.TTFS(), name="hidden"),
                    snn.Dense(10, neuron=snn.TTFSMembrane(), name="out"),
                ]
            },
            "hidden.*takes spike times, but constant values arrive",
        ),
        (
            {
                "layers": [
                    snn.Flatten(),
                    snn.Dense(4, neuron=snn.ReLU(), name="analog"),
                    snn.Dense(4, neuron=snn.TTFS(), name="hidden"),
                    snn.Dense(10, neuron=snn.TTFSMembrane(), name="out"),
                ]
            },
            "hidden.*takes spike times",
        ),
    ],
)
def test_networks_that_mix_times_with_something_else_are_refused(changes, sentence):
    with pytest.raises(snn.NotSupportedError, match=sentence):
        small(**changes)


def test_networks_without_spike_times_have_no_results_of_them():
    plain = small("constant", layers=[snn.Flatten(), snn.Dense(10, neuron="relu.identity", name="out")])
    for name in ["spike_times", "latency", "decision_time", "decision_class", "event_scores", "event_times"]:
        with pytest.raises(snn.NotSupportedError, match="given by networks of spike times"):
            plain.predict(X, name)
    with pytest.raises(snn.NotSupportedError, match="no jitter"):
        small().changed({"*.neuron.jitter": 0.1}).predict(X, "event_scores")
    with pytest.raises(snn.NotSupportedError, match="needs a layer of ttfs neurons"):
        plain.fit(X, Y, epochs=1, rule="ttfs.fit_windows", progress=False)
