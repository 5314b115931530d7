"""What the tests share: the checkout, a small network, the digits."""

from __future__ import annotations

import functools
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

PROJECT = pathlib.Path(__file__).resolve().parents[1]
CHECKOUT = PROJECT.parents[1]
sys.path.insert(0, str(PROJECT / "src"))

import snn  # noqa: E402


def small_network(hidden: int = 32, seed: int = 1, **changes) -> snn.Network:
    """64-`hidden`-10, 12 steps."""
    description = {
        "input": (1, 8, 8),
        "steps": 12,
        "layers": [
            snn.Flatten(),
            snn.Dense(hidden, neuron=snn.LIF(tau_mem=10), name="hidden"),
            snn.Dense(10, neuron=snn.LIF(tau_mem=10), name="out"),
        ],
        "seed": seed,
    }
    return snn.Network(**{**description, **changes})


@functools.cache
def _trained_in_time(layers: int) -> snn.Network:
    widths = {"hidden": 64} if layers == 1 else {f"hidden{1 + layer}": 48 for layer in range(layers)}
    network = snn.Network(
        input=(1, 8, 8),
        coding="ttfs",
        layers=[
            snn.Flatten(),
            *(snn.Dense(width, neuron=snn.TTFS(), name=name) for name, width in widths.items()),
            snn.Dense(10, neuron=snn.TTFSMembrane(), name="out"),
        ],
        readout="membrane",
        seed=1,
    )
    train = snn.Dataset.open("digits", "train")
    adam = snn.Optimizer("adam", learning_rate=0.003)
    network.fit(train, epochs=15, batch=32, rule="ttfs", optimizer=adam, seed=1, progress=False)
    network.fit(train, epochs=1, rule="ttfs.fit_windows", progress=False)
    return network


def timed_digits(layers: int = 1) -> snn.Network:
    """A network of spike times that knows the digits, 64-64-10 or deeper, with fitted windows; one's own to change."""
    return _trained_in_time(layers).changed({})


def weights(network: snn.Network) -> dict[str, np.ndarray]:
    """Copies of all tensors."""
    return {name: tensor.copy() for name, tensor in network.tensors.items()}


def assert_same_bits(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> None:
    assert first.keys() == second.keys()
    for name in first:
        assert first[name].shape == second[name].shape, name
        same = first[name].tobytes() == second[name].tobytes()
        assert same, name  # apart from the comparison, whose bytes pytest would explain for minutes


def run_python(*arguments: str, timeout: float = 60, **environment: str) -> str:
    """Runs a fresh interpreter with this package and gives what it printed."""
    result = subprocess.run(
        [sys.executable, *arguments],
        env=python_environment(**environment),
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def python_environment(**changes: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(PROJECT / "src"), "PYTHONFAULTHANDLER": "1", "MPLBACKEND": "agg", **changes}


@pytest.fixture
def network() -> snn.Network:
    return small_network()


@pytest.fixture(scope="session")
def train() -> snn.Dataset:
    return snn.Dataset.open("digits", "train")


@pytest.fixture(scope="session")
def test() -> snn.Dataset:
    return snn.Dataset.open("digits", "test")
