"""Bad input: each case raises the exception of its status, with a sentence; nothing changes, nothing crashes."""

from __future__ import annotations

import re

import numpy as np
import pytest
from conftest import small_network, weights

import snn

X = np.full((4, 64), 0.5, np.float32)
Y = np.array([0, 1, 2, 3], np.int32)
NAN, INF = X.copy(), X.copy()
NAN[2, 3], INF[1, 1] = np.nan, np.inf


def layers(**neuron):
    return [snn.Flatten(), snn.Dense(10, neuron=snn.LIF(**neuron))]


NETWORKS = [
    ("{", snn.DocumentError, ""),
    ("", snn.DocumentError, ""),
    ({}, snn.DocumentError, ""),
    ({"input": {"shape": [4]}, "layers": []}, snn.DocumentError, "at least one layer"),
    ({"input": {"shape": [4]}, "layers": [1]}, snn.DocumentError, "layers"),
    (
        {"input": {"shape": [4]}, "steps": "many", "layers": []},
        snn.DocumentError,
        'steps must be an integer, got "many"',
    ),
    ({"input": {"shape": [4]}, "stepz": 1, "layers": []}, snn.UnknownNameError, "stepz"),
]


@pytest.mark.parametrize(("document", "kind", "sentence"), NETWORKS)
def test_bad_documents(document, kind, sentence):
    with pytest.raises(kind, match=re.escape(sentence) or None) as caught:
        snn.Network.from_json(document)
    assert caught.value.status == kind.status and len(str(caught.value)) > 10


BUILDS = [
    ({"steps": 0}, snn.ParameterError, "steps must be 1 ... 1048576, got 0"),
    ({"steps": 2**40}, snn.ParameterError, "steps"),
    ({"dt": -1}, snn.ParameterError, "dt must be > 0 ms, got -1"),
    ({"dt": float("nan")}, snn.DocumentError, ""),
    ({"dt": float("inf")}, snn.DocumentError, ""),
    ({"input": (0, 8, 8)}, snn.ShapeError, "input.shape must be >= 1"),
    ({"input": (1, 2**40, 8)}, snn.ShapeError, "input.shape"),
    ({"input": (8, 8)}, snn.DocumentError, "[neurons] or [channels, height, width]"),
    ({"input": "abc"}, snn.DocumentError, "input.shape"),
    ({"coding": "morse"}, snn.UnknownNameError, "morse"),
    ({"readout": {"kind": 3}}, snn.DocumentError, "readout.kind must be a string"),
    ({"layers": [snn.Dense(10, neuron="lif")]}, snn.ShapeError, "put the stage flatten before it"),
    ({"layers": layers(tau_mem=-3)}, snn.ParameterError, "tau_mem must be > 0 ms, got -3"),
    ({"layers": layers(tau=3)}, snn.UnknownNameError, "tau"),
    ({"layers": layers(reset="softly")}, snn.SnnError, "reset"),
    ({"layers": [snn.Flatten(), snn.Dense(10, neuron="hodgkin")]}, snn.UnknownNameError, "hodgkin"),
    ({"layers": [snn.Flatten(), snn.Dense(0, neuron="lif")]}, snn.ParameterError, "outputs"),
    ({"layers": [snn.Flatten(), snn.Dense(10**12, neuron="lif")]}, snn.ParameterError, "outputs"),
    ({"layers": [snn.Conv2d(4, 9, neuron="lif")]}, snn.SnnError, "kernel"),
    ({"layers": [snn.Dropout(1.5)]}, snn.ParameterError, "probability"),
    ({"layers": [7]}, snn.ArgumentError, "layers must be"),
    ({"layers": [snn.Flatten(), {"stages": []}]}, snn.ArgumentError, "layers must be"),
    ({"name": object()}, snn.ArgumentError, "has no JSON"),
    ({"seed": -1}, snn.ArgumentError, "seed must be 0 ... 18446744073709551615, got -1"),
    ({"seed": 1.5}, snn.ArgumentError, "seed must be an integer, got 1.5"),
]


@pytest.mark.parametrize(("changes", "kind", "sentence"), BUILDS)
def test_bad_descriptions(changes, kind, sentence):
    with pytest.raises(kind, match=re.escape(sentence) or None):
        small_network(**changes)


CALLS = [
    (lambda n: n.predict(np.zeros((0, 64))), snn.ArgumentError, "batch must be >= 1, got 0"),
    (lambda n: n.predict(np.zeros((4, 63))), snn.ShapeError, "inputs must hold 4 x 64 values, got a count of 252"),
    (lambda n: n.predict(np.zeros(63)), snn.ShapeError, "1 x 64"),
    (lambda n: n.predict(3), snn.ShapeError, "1 x 64"),
    (lambda n: n.predict(NAN), snn.NotFiniteError, "nan"),
    (lambda n: n.predict(INF), snn.NotFiniteError, "inf"),
    (lambda n: n.predict(np.full((4, 64), 1e300)), snn.NotFiniteError, "inf"),
    (lambda n: n.predict("text"), snn.ArgumentError, "inputs must be numbers"),
    (lambda n: n.predict([[1.0], [1.0, 2.0]]), snn.ArgumentError, "inputs must be one array"),
    (lambda n: n.predict(X * 1j), snn.ArgumentError, "complex"),
    (lambda n: n.predict(X, "mood"), snn.UnknownNameError, "mood"),
    (lambda n: n.predict(X, []), snn.ArgumentError, "results_count must be >= 1"),
    (lambda n: n.predict(X, "decision_time"), snn.NotSupportedError, "decision_time"),
    (lambda n: n.predict(X, first_sample=-1), snn.ArgumentError, "first_sample must be"),
    (lambda n: n.tensors["bias"], snn.UnknownNameError, "known: hidden.weight"),
    (lambda n: n.evaluate(X), snn.ShapeError, "y must be given"),
    (lambda n: n.evaluate(snn.Dataset(X, Y), Y), snn.ShapeError, "y must not be given"),
    (lambda n: n.evaluate(X, Y[:3]), snn.ShapeError, "got (4, 64) and (3,)"),
    (lambda n: n.evaluate(X[:, :9], Y), snn.ShapeError, "64"),
    (lambda n: n.evaluate(NAN, Y), snn.NotFiniteError, "nan"),
    (lambda n: n.evaluate(X, Y + 8), snn.ParameterError, "a label must be in 0..<10"),
    (lambda n: n.record(X, ["nothing"]), snn.UnknownNameError, "nothing"),
    (lambda n: n.record(X, spikes=False), snn.ArgumentError, "spikes or potentials"),
    (lambda n: n.session(0), snn.ArgumentError, "batch"),
    (lambda n: n.session(-1), snn.ArgumentError, "batch must be 0 ..."),
    (lambda n: n.session(2**62), snn.ArgumentError, "batch"),
    (lambda n: n.session(1).step(), snn.StateError, ""),
    (lambda n: n.session(1).scores(), snn.StateError, ""),
    (lambda n: n.session(2).step(X), snn.ShapeError, "inputs"),
    (lambda n: n.session(4).step(NAN), snn.NotFiniteError, "nan"),
    (lambda n: stepped(n).output("nothing"), snn.UnknownNameError, "nothing"),
    (lambda n: snn.Trainer(n, optimizer={"kind": "adam", "learning_rate": -1}), snn.ParameterError, "learning_rate"),
    (lambda n: snn.Trainer(n, optimizer="lucky"), snn.UnknownNameError, "lucky"),
    (lambda n: snn.Trainer(n, batch=0), snn.ParameterError, "batch must be >= 1"),
    (lambda n: snn.Trainer(n, batch="big"), snn.DocumentError, "batch"),
    (lambda n: snn.Trainer(n, seed=2**64), snn.ArgumentError, "seed"),
    (lambda n: snn.Trainer(n).train_batch(X, Y[:3]), snn.ShapeError, "labels"),
    (lambda n: snn.Trainer(n).train_batch(X, Y - 1), snn.ParameterError, "label"),
    (lambda n: snn.Trainer(n).train_batch(X, Y.astype(np.int64) + 2**32), snn.ParameterError, "32 bits"),
    (lambda n: snn.Trainer(n).train_batch(NAN, Y), snn.NotFiniteError, "nan"),
    (lambda n: snn.Trainer(n).train_batch(X, ["a"] * 4), snn.ArgumentError, "targets must be numbers"),
    (lambda n: snn.Trainer(n).train_batch(X, np.zeros((4, 10))), snn.NotSupportedError, "labels"),
    (lambda n: snn.Trainer(n).compute_gradients(X, np.zeros((4, 10))), snn.NotSupportedError, "labels"),
    (lambda n: snn.Trainer(n).apply(), snn.StateError, ""),
    (lambda n: snn.Trainer(n).fit(X, Y, epochs=0), snn.ArgumentError, "epochs must be >= 1, got 0"),
    (lambda n: snn.Trainer(n).fit(X, Y, epochs=2**70), snn.ArgumentError, "epochs"),
    (lambda n: snn.Trainer(n).fit(X, Y * 0.5, epochs=1), snn.ArgumentError, "labels must be integers"),
    (lambda n: snn.Trainer(n).resume("/nowhere/file"), snn.FileError, "/nowhere/file"),
    (lambda n: n.save("/nowhere/file"), snn.FileError, "/nowhere/file"),
    (lambda n: n.save(""), snn.FileError, ""),
    (lambda n: n.save(b"bytes"), snn.ArgumentError, "path must be a string"),
    (lambda n: n.save("a\0b"), snn.ArgumentError, "zero character"),
]


def stepped(network):
    session = network.session(4)
    session.step(X)
    return session


@pytest.mark.parametrize(("call", "kind", "sentence"), CALLS)
def test_bad_calls_change_nothing(call, kind, sentence):
    network = small_network()
    before = weights(network)
    with pytest.raises(kind, match=re.escape(sentence) or None) as caught:
        call(network)
    assert caught.value.status == kind.status
    assert all((before[name] == tensor).all() for name, tensor in network.tensors.items())


OTHERS = [
    (lambda: snn.Dataset.open("nothing", "train"), snn.SnnError, "nothing"),
    (lambda: snn.Dataset.open("digits", "night"), snn.UnknownNameError, "night"),
    (lambda: snn.Dataset.open("digits", "train", samples=0), snn.ParameterError, "samples must be >= 1, got 0"),
    (lambda: snn.Dataset.open("digits", "train", sample=1), snn.UnknownNameError, "sample"),
    (lambda: snn.Dataset.open("mnist", "train", "/nowhere"), snn.DataMissingError, "/nowhere"),
    (lambda: snn.Dataset(np.zeros((0, 4)), np.zeros(0, int)), snn.ArgumentError, "samples must be >= 1, got 0"),
    (lambda: snn.Dataset(np.zeros(4), Y), snn.ShapeError, "got (4,)"),
    (lambda: snn.Dataset(NAN, Y), snn.NotFiniteError, "nan"),
    (lambda: snn.Dataset(X, Y, classes=2), snn.ParameterError, "0..<2"),
    (lambda: snn.Dataset(X, -Y), snn.ParameterError, "label"),
    (lambda: snn.run("no-such-recipe", progress=False), snn.UnknownNameError, "digits-lif"),
    (lambda: snn.run("{}", progress=False), snn.DocumentError, ""),
    (lambda: snn.run("digits-lif", epochs=0, progress=False), snn.ParameterError, "epochs must be >= 1"),
    (lambda: snn.run("digits-lif", seed=-1, progress=False), snn.DocumentError, "seed"),
    (lambda: snn.run("digits-lif", threads=-1, progress=False), snn.ArgumentError, "threads must be"),
    (lambda: snn.run("digits-lif", out="/nowhere/x", progress=False), snn.FileError, "/nowhere/x"),
    (lambda: snn.run("mnist-lif-mlp", data="/nowhere", progress=False), snn.DataMissingError, "/nowhere"),
    (lambda: snn.Network.load("/nowhere/x"), snn.FileError, "/nowhere/x"),
]


@pytest.mark.parametrize(("call", "kind", "sentence"), OTHERS)
def test_bad_data_and_recipes(call, kind, sentence):
    with pytest.raises(kind, match=re.escape(sentence) or None):
        call()


def test_broken_files_are_corrupt(tmp_path):
    path = tmp_path / "network.snn"
    small_network().save(path)
    content = path.read_bytes()
    for broken in [
        b"",
        b"text",
        content[:100],
        content[:-1],
        b"\xff" * 8 + content[8:],
        content[:8] + b"x" + content[9:],
    ]:
        path.write_bytes(broken)
        with pytest.raises(snn.CorruptError, match="network.snn"):
            snn.Network.load(path)


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    path = tmp_path / "checkpoint"
    snn.Trainer(small_network(16)).save(path)
    trainer = snn.Trainer(small_network(8))
    with pytest.raises(snn.SnnError):
        trainer.resume(path)
    with pytest.raises(snn.ShapeError, match="another optimizer"):
        snn.Trainer(small_network(16), optimizer={"kind": "sgd", "momentum": 0.9}).resume(path)


@pytest.mark.parametrize(
    ("kind", "natural"),
    [
        (snn.ArgumentError, ValueError),
        (snn.ShapeError, ValueError),
        (snn.UnknownNameError, LookupError),
        (snn.ParameterError, ValueError),
        (snn.DocumentError, ValueError),
        (snn.FileError, OSError),
        (snn.CorruptError, ValueError),
        (snn.DataMissingError, FileNotFoundError),
        (snn.StateError, RuntimeError),
        (snn.NotSupportedError, NotImplementedError),
        (snn.NotFiniteError, ValueError),
        (snn.MemoryLimitError, MemoryError),
        (snn.ProcessorError, RuntimeError),
        (snn.Cancelled, snn.SnnError),
    ],
)
def test_exceptions_are_also_what_python_calls_them(kind, natural):
    assert issubclass(kind, snn.SnnError) and issubclass(kind, natural)
    assert str(kind("the sentence")) == "the sentence"
