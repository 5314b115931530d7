"""Training and inference of networks of spike times, beside rectified networks in PyTorch and JAX.

    Tests/Benchmarks/run.sh --spike-times        writes SPIKE_TIMES.md

MNIST, 784-340-10, Adam 5e-4, cross-entropy, float32, two threads each, in turn and in one run. The networks compute the
same, so only time is compared. PyTorch is eager, with the number of threads (one or two) that is faster here. JAX compiles
one step, or a whole epoch as one loop on the device. Our inference runs the network that `ttfs-mnist-fc2-sparse` trains, a
neuron in fourteen spikes; theirs multiplies everything, as dense products do.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=true intra_op_parallelism_threads=2")

import jax
import jax.numpy as jnp
import numpy as np
import snn
import torch

THREADS = 2
HIDDEN = 340
RATE, EPSILON = 5e-4, 1e-7


def mnist(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images [samples, 784] in 0...1 and labels."""
    data = snn.Dataset.open("mnist", split)
    rows = [data[index] for index in range(len(data))]
    return np.stack([x.reshape(-1) for x, _ in rows]).astype(np.float32), np.array([y for _, y in rows], np.int32)


def ours() -> snn.Network:
    """A network of spike times."""
    layers = [
        {
            "name": "hidden",
            "connection": {"kind": "dense", "outputs": HIDDEN, "init": "xavier_uniform"},
            "neuron": {"model": "ttfs"},
        },
        {
            "name": "out",
            "connection": {"kind": "dense", "outputs": 10, "init": "xavier_uniform"},
            "neuron": {"model": "ttfs.membrane"},
        },
    ]
    description = {"input": {"shape": [784]}, "coding": "ttfs", "layers": layers, "readout": "membrane"}
    network = snn.Network.from_json(description, seed=1)
    network.threads = THREADS
    return network


class Ours:
    """This library."""

    name = "snn"

    def __init__(self, x: np.ndarray, y: np.ndarray, batch: int) -> None:
        self.network = ours()
        self.data = snn.Dataset.from_arrays(x, y)
        optimizer = {"kind": "adam", "learning_rate": RATE, "epsilon": EPSILON}
        self.trainer = snn.Trainer(self.network, rule="ttfs", optimizer=optimizer, batch=batch, seed=1)
        self.epochs = 0

    def epoch(self) -> float:
        """Seconds of an epoch."""
        self.epochs += 1
        start = time.perf_counter()
        self.trainer.fit(self.data, epochs=self.epochs)
        return time.perf_counter() - start


class Torch:
    """PyTorch, eager."""

    def __init__(self, x: np.ndarray, y: np.ndarray, batch: int, threads: int) -> None:
        self.name = f"PyTorch, {threads} thread{'s' if threads > 1 else ''}"
        self.threads = threads
        self.x, self.y, self.batch = torch.from_numpy(x), torch.from_numpy(y).long(), batch
        self.model = torch.nn.Sequential(torch.nn.Linear(784, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 10))
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=RATE, eps=EPSILON)
        self.loss = torch.nn.CrossEntropyLoss()

    def epoch(self) -> float:
        """Seconds of an epoch."""
        torch.set_num_threads(self.threads)
        start = time.perf_counter()
        order = torch.randperm(len(self.x))
        for first in range(0, len(order), self.batch):
            rows = order[first : first + self.batch]
            self.optimizer.zero_grad(set_to_none=True)
            self.loss(self.model(self.x[rows]), self.y[rows]).backward()
            self.optimizer.step()
        return time.perf_counter() - start


def loss(weights: tuple, x: jax.Array, y: jax.Array) -> jax.Array:
    """Cross-entropy of a rectified network."""
    hidden = jax.nn.relu(x @ weights[0] + weights[1])
    logits = hidden @ weights[2] + weights[3]
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1).mean()


def step(state: tuple, x: jax.Array, y: jax.Array) -> tuple:
    """One step of Adam."""
    weights, m, v, count = state
    gradients = jax.grad(loss)(weights, x, y)
    count = count + 1
    m = jax.tree.map(lambda a, g: 0.9 * a + 0.1 * g, m, gradients)
    v = jax.tree.map(lambda a, g: 0.999 * a + 0.001 * g * g, v, gradients)
    rate = RATE * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
    weights = jax.tree.map(lambda w, a, b: w - rate * a / (jnp.sqrt(b) + EPSILON), weights, m, v)
    return weights, m, v, count


class Jax:
    """JAX, compiled: a step at a time, or a whole epoch as one loop."""

    def __init__(self, x: np.ndarray, y: np.ndarray, batch: int, scan: bool) -> None:
        self.name = "JAX, epoch as one loop" if scan else "JAX, step by step"
        self.scan, self.batch = scan, batch
        random = np.random.default_rng(1)
        shapes = [(784, HIDDEN), (HIDDEN,), (HIDDEN, 10), (10,)]
        weights = tuple(jnp.asarray(random.normal(0, 0.05, shape), jnp.float32) for shape in shapes)
        zeros = jax.tree.map(jnp.zeros_like, weights)
        self.state = (weights, zeros, jax.tree.map(jnp.zeros_like, weights), jnp.zeros((), jnp.float32))
        self.x, self.y = jnp.asarray(x), jnp.asarray(y)
        self.step = jax.jit(lambda state, x, y, rows: step(state, x[rows], y[rows]), donate_argnums=0)

        def whole(state: tuple, x: jax.Array, y: jax.Array, order: jax.Array) -> tuple:
            return jax.lax.scan(lambda s, rows: (step(s, x[rows], y[rows]), None), state, order)[0]

        self.whole = jax.jit(whole, donate_argnums=0)
        self.random = np.random.default_rng(2)

    def epoch(self) -> float:
        """Seconds of an epoch."""
        start = time.perf_counter()
        count = len(self.x) // self.batch
        order = self.random.permutation(len(self.x))[: count * self.batch].reshape(count, self.batch)
        order = jnp.asarray(order.astype(np.int32))
        if self.scan:
            self.state = self.whole(self.state, self.x, self.y, order)
        else:
            for rows in order:
                self.state = self.step(self.state, self.x, self.y, rows)
        jax.block_until_ready(self.state)
        return time.perf_counter() - start


def timed(sides: dict[str, Callable[[], float]], repetitions: int) -> dict[str, list[float]]:
    """Seconds of each side, in turn; the first round, which compiles and warms up, does not count."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for repetition in range(repetitions + 1):
        for name, side in sides.items():
            seconds = side()
            if repetition > 0:
                found[name].append(seconds)
    return found


def table(found: dict[str, list[float]], samples: int) -> list[str]:
    """Rows of samples a second, and how many times as fast ours is."""
    lines = ["| library | samples / s, median | min-max | ours / theirs |", "|---|---:|---:|---:|"]
    mine = statistics.median(found["snn"])
    for name, seconds in found.items():
        median = statistics.median(seconds)
        spread = f"{samples / max(seconds):,.0f}-{samples / min(seconds):,.0f}"
        ratio = "" if name == "snn" else f"{median / mine:.1f}"
        lines.append(f"| {name} | {samples / median:,.0f} | {spread} | {ratio} |")
    return lines


def training(x: np.ndarray, y: np.ndarray, batch: int, repetitions: int) -> list[str]:
    """One epoch each."""
    sides = [Ours(x, y, batch), Torch(x, y, batch, 1), Torch(x, y, batch, 2), Jax(x, y, batch, False), Jax(x, y, batch, True)]
    found = timed({side.name: side.epoch for side in sides}, repetitions)
    return [f"## Training, batch {batch}", "", *table(found, len(x)), ""]


def inference(x: np.ndarray, y: np.ndarray, test: np.ndarray, labels: np.ndarray, repetitions: int) -> list[str]:
    """All test images in one call, and in calls of 128."""
    network = ours()
    data = snn.Dataset.from_arrays(x, y)
    rule = {"kind": "ttfs", "activity_penalty": 1e-3}
    adam = {"kind": "adam", "learning_rate": 1e-3}
    network.fit(data, epochs=10, batch=32, rule=rule, optimizer=adam, schedule="cosine", progress=False)
    report = network.evaluate(test, labels)
    tensors = {name: np.array(network.tensors[name]) for name in ("hidden.weight", "hidden.bias", "out.weight", "out.bias")}
    weights = tuple(jnp.asarray(value) for value in tensors.values())
    model = torch.nn.Sequential(torch.nn.Linear(784, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 10))
    with torch.no_grad():
        for index, layer in ((0, "hidden"), (2, "out")):
            model[index].weight.copy_(torch.from_numpy(tensors[f"{layer}.weight"].T.copy()))
            model[index].bias.copy_(torch.from_numpy(tensors[f"{layer}.bias"]))
    forward = jax.jit(lambda w, x: jax.nn.relu(x @ w[0] + w[1]) @ w[2] + w[3])
    lines = [
        "## Inference",
        "",
        f"Our network: accuracy {report['accuracy']:.2%}, {report['spikes_per_neuron']:.3f} spikes per hidden neuron.",
        "",
    ]
    for size in (len(test), 128):
        parts = [np.ascontiguousarray(test[first : first + size]) for first in range(0, len(test), size)]
        tensors_in = [torch.from_numpy(part) for part in parts]
        arrays_in = [jnp.asarray(part) for part in parts]

        def mine(parts: list[np.ndarray] = parts) -> float:
            start = time.perf_counter()
            for part in parts:
                network.predict(part)
            return time.perf_counter() - start

        def eager(parts: list[torch.Tensor] = tensors_in) -> float:
            torch.set_num_threads(THREADS)
            start = time.perf_counter()
            with torch.inference_mode():
                for part in parts:
                    model(part)
            return time.perf_counter() - start

        def compiled(parts: list[jax.Array] = arrays_in) -> float:
            start = time.perf_counter()
            for part in parts:
                forward(weights, part).block_until_ready()
            return time.perf_counter() - start

        found = timed({"snn": mine, "PyTorch": eager, "JAX": compiled}, 5 * repetitions)
        lines += [f"Calls of {size:,} samples:", "", *table(found, len(test)), ""]
    return lines


def main() -> None:
    """Measures and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--samples", type=int, default=60000, help="of an epoch")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("SPIKE_TIMES.md"))
    options = parser.parse_args()
    x, y = (part[: options.samples] for part in mnist("train"))
    test, labels = mnist("test")
    processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    lines = [
        "# Spike times beside rectified networks",
        "",
        *(__doc__ or "").split("\n\n")[2].splitlines(),
        "",
        f"{platform.machine()}, {processor}; snn {snn.__version__}, PyTorch {torch.__version__}, JAX {jax.__version__}.",
        "",
    ]
    for batch in (8, 128):
        lines += training(x, y, batch, options.repetitions)
    lines += inference(x, y, test, labels, options.repetitions)
    options.out.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
