"""Sets of events: opening them, and making the files that recipes read."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import wave

import numpy as np
import pytest

import snn
import snn.data
from conftest import python_environment
from snn.data import EventSplit, _cochlea, write_events


def tone(*parts: tuple[float, float]) -> bytes:
    """A wav file of (hertz, seconds) one after another, 0 Hz being silence."""
    sound = np.concatenate(
        [np.sin(2 * np.pi * hertz * np.arange(int(8000 * seconds)) / 8000) for hertz, seconds in parts]
    )
    return wav(np.int16(20000 * sound))


def wav(sound: np.ndarray, rate: int = 8000, channels: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(sound.astype("<i2").tobytes())
    return file.getvalue()


def small_split(**changes) -> EventSplit:
    arrays = {
        "times": np.array([5000, 0, 0, 1499, 90_000], np.int32),
        "units": np.array([5, 1, 1, 4, 0], np.int32),
        "offsets": np.array([0, 3, 3, 5]),
        "labels": np.array([1, 0, 2], np.int32),
    }
    return EventSplit(**{**arrays, **changes})


@pytest.fixture
def events_file(tmp_path):
    path = tmp_path / "deep" / "events.npz"
    write_events(path, (2, 1, 3), {"train": small_split(), "test": small_split()})
    return path


def command(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "snn.data", *map(str, arguments)],
        env=python_environment(**environment),
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_file_of_events_is_binned_for_a_network(events_file):
    with pytest.raises(snn.ParameterError, match="events.steps must be given"):
        snn.Dataset.open(events_file, "train")
    train = snn.Dataset.open(events_file, "train", events={"steps": 6})
    assert (len(train), train.features, train.classes) == (3, 36, 3)
    frames, label = train[0]
    frames = frames.reshape(6, 6)
    assert label == 1 and frames[5, 5] == 1 and frames[0, 1] == 2 and frames.sum() == 3
    merged = snn.Dataset.open(events_file, "test", events={"steps": 2, "bin": 5, "merge_polarity": True}, samples=1)
    assert merged[0][0].tolist() == [0, 2, 0, 0, 0, 1]
    network = snn.Network(
        input=(6,), steps=6, coding="events", layers=[snn.Dense(3, neuron=snn.LIF(tau_mem=10))], seed=1
    )
    network.fit(train, epochs=1, batch=2, progress=False)
    report = network.evaluate(train)
    assert report["events_dropped"] == 1 and 0 <= report["accuracy"] <= 1
    with pytest.raises(snn.ShapeError, match="the network takes 6 steps of 6 neurons"):
        network.evaluate(merged)


@pytest.mark.parametrize(
    ("changes", "shape", "error", "sentence"),
    [
        ({}, (5,), snn.ParameterError, "units must be below the 5 of the shape, got 5 in train"),
        ({}, (2, 3), snn.ShapeError, "shape must be"),
        ({"labels": np.empty(0, np.int32)}, (6,), snn.ShapeError, "at least 1 sample, got 0"),
    ],
)
def test_what_no_reader_takes_is_not_written(tmp_path, changes, shape, error, sentence):
    with pytest.raises(error, match=sentence):
        write_events(tmp_path / "e.npz", shape, {"train": small_split(**changes), "test": small_split()})
    with pytest.raises(snn.ParameterError, match="splits must be train and test, got train"):
        write_events(tmp_path / "e.npz", (6,), {"train": small_split()})
    with pytest.raises(snn.ParameterError, match=r"must be named \*.npz"):
        write_events(tmp_path / "e.bin", (6,), {"train": small_split(), "test": small_split()})
    assert list(tmp_path.iterdir()) == []


def test_samples_are_joined():
    split = EventSplit.join([([0.4, 1.6], [3, 4], 1), ([], [], 0)])
    assert split.times.tolist() == [0, 2] and split.offsets.tolist() == [0, 2, 2] and len(split) == 2
    for times, units, error, sentence in [
        ([1.0], [1, 2], snn.ShapeError, "sample 0 must have times"),
        ([-1.0], [1], snn.ParameterError, "times must be 0 ... 2147483647 us, got -1 in sample 0"),
        ([np.nan], [1], snn.ParameterError, "got nan"),
        ([1e10], [1], snn.ParameterError, "got 1e[+]10"),
        ([1.0], [-1], snn.ParameterError, "units must be >= 0, got -1"),
    ]:
        with pytest.raises(error, match=sentence):
            EventSplit.join([(times, units, 0)])


def test_a_tone_is_an_onset_and_an_offset_of_its_channels():
    assert _cochlea.filterbank().shape == (64, 513) and (_cochlea.filterbank().max(axis=1) > 0.5).all()
    sound = np.frombuffer(tone((0, 0.1), (1000, 0.2), (0, 0.1))[44:], "<i2") / 32768
    times, units = _cochlea.events(sound)
    again = _cochlea.events(sound)
    assert (times == again[0]).all() and (units == again[1]).all() and (np.diff(times) >= 0).all()
    assert (units >= 64).sum() == (units < 64).sum() > 0
    # The hard edges of the tone are clicks in every channel, so its own one is looked at.
    centre = int(np.argmax(_cochlea.filterbank()[:, 128]))  # 128 * 8000 / 1024 Hz = 1000 Hz
    on, off = times[units == 64 + centre], times[units == centre]
    assert on.size == off.size == 50 // 6
    # The window of 25 ms sees the edges half of it early and late.
    assert 85_000 <= on.min() <= on.max() <= 115_000 and 285_000 <= off.min() <= off.max() <= 315_000
    assert _cochlea.events(np.zeros(1000))[0].size == 0
    assert _cochlea.events(np.zeros(0))[0].size == 0


@pytest.mark.parametrize("packed", [False, True])
def test_spoken_digits(tmp_path, packed):
    files = {
        f"{digit}_{speaker}_{take}.wav": tone((300 + 200 * digit, 0.1 + 0.01 * take))
        for digit in range(3)
        for speaker in ("ann", "bob")
        for take in (4, 5)
    }
    if packed:
        with tarfile.open(tmp_path / "recordings.tar.xz", "w:xz") as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(f"recordings/{name}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    else:
        (tmp_path / "recordings").mkdir()
        for name, content in files.items():
            (tmp_path / "recordings" / name).write_bytes(content)
    done = command("import", "spoken-digits", tmp_path, SNN_DATA=str(tmp_path / "sets"))
    assert done.returncode == 0, done.stderr
    assert "train: 6 samples" in done.stdout and "events.npz" in done.stdout
    for split in ("train", "test"):
        dataset = snn.Dataset.open("spoken-digits", split, tmp_path / "sets", events={"steps": 50, "bin": 5})
        assert (len(dataset), dataset.features, dataset.classes) == (6, 50 * 128, 10)
        assert [dataset[i][1] for i in range(6)] == [0, 1, 2, 0, 1, 2]
        assert all(dataset[i][0].sum() > 10 for i in range(6))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("three_ann_0.wav", tone((300, 0.1)), "must be named"),
        ("3_ann_0.wav", b"RIFF", "must be a wav file"),
        ("3_ann_0.wav", wav(np.zeros(100), rate=16000), "must have 1 channel of 16 bits at 8000 Hz, got .1, 16, 16000."),
        ("3_ann_0.wav", wav(np.zeros(100), channels=2), "got .2, 16, 8000."),
        ("3_ann_0.wav", tone((300, 0.1)), "recordings of the train split, got none"),
    ],
)
def test_recordings_that_are_none(tmp_path, name, content, sentence):
    with pytest.raises(snn.DataMissingError, match="must hold recordings.tar.xz or the folder recordings"):
        snn.data.import_spoken_digits(tmp_path, tmp_path / "e.npz")
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / name).write_bytes(content)
    with pytest.raises((snn.CorruptError, snn.DataMissingError), match=sentence):
        snn.data.import_spoken_digits(tmp_path, tmp_path / "e.npz")
    assert not (tmp_path / "e.npz").exists()


def test_a_damaged_archive(tmp_path):
    (tmp_path / "recordings.tar.xz").write_bytes(b"no archive")
    done = command("import", "spoken-digits", tmp_path, "--out", tmp_path / "e.npz")
    assert done.returncode == 1 and done.stdout == "" and done.stderr.startswith("snn.data: ")
    assert done.stderr.count("\n") == 1 and "is damaged" in done.stderr


def write_shd(path, count: int = 4, **changes) -> None:
    """A file in the layout of the published ones: lists of half-precision seconds and of channels."""
    h5py = pytest.importorskip("h5py")
    stream = np.random.default_rng(count)
    sizes = [*range(1, count), 0]
    spikes = {
        "times": [stream.uniform(0, 1, size).astype(np.float16) for size in sizes],
        "units": [stream.integers(0, 700, size).astype(np.uint16) for size in sizes],
        "labels": np.arange(count) % 20,
    }
    spikes.update(changes)
    with h5py.File(path, "w") as file:
        for name, kind in [("times", np.float16), ("units", np.uint16)]:
            if name in changes and changes[name] is None:
                continue
            lists = file.create_dataset(f"spikes/{name}", (len(spikes[name]),), dtype=h5py.vlen_dtype(kind))
            for place, values in enumerate(spikes[name]):
                lists[place] = values
        file["labels"] = spikes["labels"]


def test_shd(tmp_path):
    write_shd(tmp_path / "shd_train.h5", 30)
    write_shd(tmp_path / "shd_test.h5", 5)
    splits = snn.data.import_shd(tmp_path, tmp_path / "sets" / "shd" / "events.npz")
    assert {name: len(split) for name, split in splits.items()} == {"train": 30, "test": 5}
    import h5py

    dataset = snn.Dataset.open("shd", "train", tmp_path / "sets", events={"bin": 2, "steps": 400})
    assert (len(dataset), dataset.features, dataset.classes) == (30, 400 * 700, 20)
    with h5py.File(tmp_path / "shd_train.h5") as file:
        for sample in (0, 17, 29):
            seconds = np.asarray(file["spikes/times"][sample], np.float64)
            steps, units = np.rint(np.rint(seconds * 1e6) / 2000).astype(int), file["spikes/units"][sample]
            expected = np.zeros((400, 700), np.float32)
            np.add.at(expected, (steps[steps < 400], units[steps < 400]), 1)
            frames, label = dataset[sample]
            assert label == sample % 20 and (frames.reshape(400, 700) == expected).all()


def test_shd_that_is_none(tmp_path):
    with pytest.raises(snn.DataMissingError, match="missing: shd_train.h5, shd_test.h5"):
        snn.data.import_shd(tmp_path, tmp_path / "e.npz")
    (tmp_path / "shd_train.h5").write_bytes(b"no HDF5")
    write_shd(tmp_path / "shd_test.h5")
    with pytest.raises(snn.CorruptError, match="must be an HDF5 file"):
        snn.data.import_shd(tmp_path, tmp_path / "e.npz")
    for changes, sentence in [
        ({"times": None}, "missing: spikes/times"),
        ({"labels": np.arange(3)}, "of one number of samples, got 4, 4 and 3"),
        ({"labels": np.full(4, 20)}, "labels 0 ... 19, got 20 in sample 0"),
        ({"units": [np.full(1, 700)] * 4}, "units 0 ... 699, got 700 ... 700 in sample 0"),
        ({"units": [np.full(9, 1)] * 4}, "sample 0 must have times"),
    ]:
        write_shd(tmp_path / "shd_train.h5", **changes)
        with pytest.raises((snn.CorruptError, snn.ShapeError), match=sentence):
            snn.data.import_shd(tmp_path, tmp_path / "e.npz")
    assert not (tmp_path / "e.npz").exists()


def test_without_h5py_the_sentence_names_it(tmp_path):
    (tmp_path / "h5py.py").write_text("raise ImportError('hidden')")
    paths = python_environment()["PYTHONPATH"]
    done = command("import", "shd", tmp_path, "--out", tmp_path / "e.npz", PYTHONPATH=f"{tmp_path}:{paths}")
    assert done.returncode == 1 and "pip install h5py" in done.stderr and done.stderr.count("\n") == 1


def test_where_sets_go(monkeypatch, tmp_path):
    monkeypatch.setenv("SNN_DATA", str(tmp_path))
    assert snn.data.default_path("shd") == tmp_path / "shd" / "events.npz"
    monkeypatch.delenv("SNN_DATA")
    monkeypatch.setenv("XDG_DATA_HOME", "/x")
    assert str(snn.data.default_path("shd")) == "/x/snn/data/shd/events.npz"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    monkeypatch.setenv("HOME", "/h")
    assert str(snn.data.default_path("shd")) == "/h/.local/share/snn/data/shd/events.npz"
