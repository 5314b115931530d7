"""Data sets."""

from __future__ import annotations

import numpy as np
import pytest

import snn


def test_digits_come_with_the_library(train, test):
    assert (len(train), len(test)) == (1438, 359)
    assert train.features == 64 and train.classes == 10
    assert repr(test) == "<snn.Dataset: 359 samples of 64 values, 10 classes>"


def test_yin_yang_is_generated():
    train, test = snn.Dataset.open("yin-yang", "train", "/nowhere"), snn.Dataset.open("yin-yang", "test")
    assert (len(train), len(test), train.features, train.classes) == (20_000, 10_000, 4, 3)
    draws = np.random.RandomState(42)
    goal = draws.randint(3)
    row, label = train[0]
    assert label == goal == 2
    points = (draws.rand(2) for _ in range(1000))
    point = next(p for p in points if (p.astype(np.float32) == row[:2]).all())
    assert (row[2:] == (1 - point).astype(np.float32)).all()


def test_samples_by_index_and_slice(test):
    inputs, label = test[7]
    assert inputs.shape == (64,) and inputs.dtype == np.float32 and isinstance(label, int)
    rows, labels = test[5:9]
    assert rows.shape == (4, 64) and labels.dtype == np.int32
    assert (rows[2] == inputs).all() and labels[2] == label
    assert test[-1][1] == test[358][1]
    assert len(list(test)) == 359
    with pytest.raises(IndexError, match="a sample must be below 359, got 359"):
        test[359]


def test_preprocessing_is_handed_on(test):
    small = snn.Dataset.open("digits", "test", samples=20, normalize={"mean": [0.5], "std": (0.25,)})
    assert len(small) == 20
    assert np.allclose(small[3][0], (test[3][0] - 0.5) / 0.25)


def test_arrays_are_borrowed(test):
    inputs = np.zeros((6, 2, 3), np.float32)
    dataset = snn.Dataset.from_arrays(inputs, [0, 1, 2, 0, 1, 2])
    assert (len(dataset), dataset.features, dataset.classes) == (6, 6, 3)
    inputs[4, 1, 2] = 9
    assert dataset[4][0][5] == 9
    assert snn.Dataset(inputs, np.zeros(6, int), classes=7).classes == 7


def test_an_npz_file(tmp_path):
    arrays = {
        f"{part}_{split}": values
        for split in ("train", "test")
        for part, values in [("x", np.ones((4, 5), np.float32)), ("y", np.arange(4))]
    }
    np.savez(tmp_path / "own.npz", **arrays)
    dataset = snn.Dataset.open(tmp_path / "own.npz", "train")
    assert len(dataset) == 4 and dataset.features == 5
