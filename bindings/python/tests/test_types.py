"""The type hints hold under `mypy --strict`, for the package and for those who use it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from conftest import PROJECT, python_environment

USER = """
import numpy as np
import snn
from numpy.typing import NDArray

network = snn.Network(input=(1, 8, 8), layers=[snn.Flatten(), snn.Dense(10, neuron=snn.LIF(tau_mem=10))], seed=1)
scores: NDArray[np.float32] = network.predict([[0.0] * 64])
several: dict[str, NDArray[np.float32]] = network.predict([[0.0] * 64], ["scores", "class"])
weight: NDArray[np.float32] = network.tensors["layer1.weight"]
events = snn.Events.from_frames([[[0.0] * 64]])
scores = network.predict(events[:1])
loss: float = snn.Trainer(network).train_batch(events, [1])
report = network.fit(snn.Dataset.open("digits", "train"), epochs=1, callback=lambda news: news.epoch > 3)
trained, numbers = snn.run("digits-lif")
trained.threads = 2
figure = snn.plot.raster(network.record([[0.0] * 64]))
noisy: snn.Network = network.changed({{"*.neuron.jitter": 0.1}})
figure = snn.plot.disturbances(noisy, [[0.0] * 64], [1], jitter=[0.1])
table: snn.fs.StepTable = snn.fs.fit("gelu", steps=12, seed=1)
staircase: NDArray[np.float32] = table([0.5, 1.0])
layer = snn.Dense(10, neuron=snn.fs.fit(np.tanh, low=-1, high=1).neuron)
{error}
"""


def mypy(*arguments: str) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(PROJECT / "pyproject.toml"), *arguments]
    environment = python_environment(MYPYPATH=str(PROJECT / "src"))
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)


@pytest.mark.slow
def test_package_tools_and_examples(tmp_path):
    examples = sorted(str(path) for path in (PROJECT / "examples").glob("*.py"))
    result = mypy("--cache-dir", str(tmp_path), "src/snn", "tools", *examples)
    assert result.returncode == 0, result.stdout
    program = tmp_path / "user.py"
    program.write_text(USER.format(error="network.predict(1, results=3)\nsnn.Network(layers=[])"))
    result = mypy("--cache-dir", str(tmp_path), str(program))
    assert "Found 2 errors" in result.stdout, result.stdout


def test_ctypes_stays_inside():
    import inspect

    import snn

    for name in snn.__all__:
        thing = getattr(snn, name)
        for member in vars(thing).values() if inspect.isclass(thing) else [thing]:
            function = getattr(member, "fget", member)
            if inspect.isfunction(function) and not function.__name__.startswith("_"):
                assert "ctypes" not in str(inspect.signature(function)), f"{name}.{function.__name__}"


def test_the_package_says_that_it_is_typed():
    assert (PROJECT / "src" / "snn" / "py.typed").exists()
