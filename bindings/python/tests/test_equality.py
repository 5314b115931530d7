"""The same recipe and seed give the same bits from the shell, from `snn.run` and from objects, with 1 and 2 threads."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess

import pytest
import read_safetensors
from conftest import CHECKOUT, assert_same_bits, weights

import snn

RECIPE = json.loads((CHECKOUT / "recipes" / "digits-lif.json").read_text())
EPOCHS, SEED = 4, 7
PROGRAM = pathlib.Path(os.environ.get("SNN_PROGRAM", CHECKOUT / "build" / "snn"))


def from_objects(path, threads: int) -> dict:
    stage = RECIPE["stages"][0]
    network = snn.Network.from_json(RECIPE["network"], seed=SEED)
    network.threads = threads
    trainer = snn.Trainer(
        network,
        loss=stage["loss"],
        optimizer=stage["optimizer"],
        schedule=stage["schedule"],
        batch=stage["batch"],
        epochs=stage["epochs"],
        seed=SEED,
    )
    data = RECIPE["data"]
    train = snn.Dataset.open(data["set"], "train", **data.get("preprocessing", {}))
    trainer.fit(train, epochs=EPOCHS, progress=False)
    trainer.save(path)
    assert_same_bits(weights(network), {name: read_safetensors.tensors(path)[name] for name in network.tensors})
    return read_safetensors.tensors(path)


def from_run(path, threads: int) -> dict:
    network, report = snn.run("digits-lif", epochs=EPOCHS, seed=SEED, threads=threads, out=path, progress=False)
    assert report["seed"] == SEED and report["threads"] == threads and network.threads == threads
    tensors = read_safetensors.tensors(path)
    assert_same_bits(weights(network), {name: tensors[name] for name in network.tensors})
    return tensors


def from_shell(path, threads: int) -> dict:
    if not PROGRAM.is_file() or subprocess.run([PROGRAM, "train", "--help"], capture_output=True).stdout[:1] in (
        b"",
        b"x",
    ):
        pytest.skip(f"{PROGRAM} has no command train")
    recipe = CHECKOUT / "recipes" / "digits-lif.json"
    options = ["--epochs", EPOCHS, "--seed", SEED, "--threads", threads, "--out", path]
    result = subprocess.run(
        [str(part) for part in [PROGRAM, "train", recipe, *options]], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    return read_safetensors.tensors(path)


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> dict:
    return from_objects(tmp_path_factory.mktemp("reference") / "network.snn", threads=1)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("way", [from_objects, from_run, from_shell])
def test_the_same_bits(way, threads, reference, tmp_path):
    tensors = way(tmp_path / "network.snn", threads)
    assert "hidden.weight" in tensors and any(name.startswith("optimizer.") for name in tensors)
    assert_same_bits(tensors, reference)


def test_another_seed_gives_other_bits(reference):
    network, _ = snn.run("digits-lif", epochs=EPOCHS, seed=SEED + 1, progress=False)
    assert not (network.tensors["hidden.weight"] == reference["hidden.weight"]).all()
