"""Sixteen layers of neurons that spike once: which model trains, and why.

Trains 16 layers of 340 on the embedded digits with the same drawn weights as the model with constant slope at threshold
(`ttfs`), and as the one whose slope depends on its weights (`ttfs.alpha1`), taken as they are (naive) or so that they act as
drawn (smart). The gradient of layer n is a product of Jacobians W / B: with constant slope B = 1, naively B is random and at
times near 0. Prints the figures and writes deep_spike_times.svg where matplotlib is installed.

    python deep_spike_times.py [--steps 300]
"""

from __future__ import annotations

import argparse
import math

import numpy as np
import snn

MODELS: dict[str, dict[str, object]] = {
    "constant slope": {"model": "ttfs"},
    "alpha-1, smart start": {"model": "ttfs.alpha1", "start": "smart"},
    "alpha-1, naive start": {"model": "ttfs.alpha1", "start": "naive"},
}


def network(neuron: dict[str, object], depth: int = 16) -> snn.Network:
    """`depth` layers of 340, with Glorot's weights."""
    connection = {"kind": "dense", "outputs": 340, "init": "xavier_uniform"}
    layers = [
        {"name": f"layer{n + 1}", "connection": connection, "neuron": {**neuron, "window": 15, "early": "pass"}}
        for n in range(depth)
    ]
    layers.append({"name": "out", "connection": {**connection, "outputs": 10}, "neuron": {"model": "ttfs.membrane"}})
    return snn.Network.from_json({"input": {"shape": [64]}, "coding": "ttfs", "layers": layers, "readout": "membrane"}, seed=1)


def course(neuron: dict[str, object], steps: int) -> tuple[list[float], list[float]]:
    """The norm of each layer's weight gradient at the start, and the loss of every step as far as it is finite."""
    train = snn.Dataset.open("digits", "train")
    x, y = train[0 : len(train)]
    x = x.reshape(len(x), -1)
    trained = network(neuron)
    trainer = snn.Trainer(trained, rule={"kind": "ttfs", "growth": 0}, optimizer={"kind": "adam", "learning_rate": 5e-4}, seed=1)
    trainer.compute_gradients(x[:128], y[:128])
    names = [name for name in trained.tensors if name.endswith(".weight") and name.startswith("layer")]
    norms = [float(np.linalg.norm(trainer.gradients[name].astype(np.float64))) for name in names]
    losses = []
    order = np.random.default_rng(1)
    for _ in range(steps):
        rows = order.integers(0, len(x), 128)
        try:
            losses.append(trainer.train_batch(x[rows], y[rows]))
        except snn.SnnError as error:
            print(f"  stopped after {len(losses)} steps: {error}")
            break
    return norms, losses


def main() -> None:
    """Trains, prints, draws."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300)
    steps = parser.parse_args().steps
    courses = {}
    for name, neuron in MODELS.items():
        norms, losses = courses[name] = course(neuron, steps)
        last = f"{losses[-1]:.3f}" if losses else "none"
        print(f"{name}: gradient of layer 1 {norms[0]:.2g}, of layer 16 {norms[-1]:.2g}; loss after {len(losses)} steps {last}")
    try:
        import matplotlib
    except ImportError:
        return
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for name, (norms, losses) in courses.items():
        left.semilogy(range(1, len(norms) + 1), [max(norm, 1e-30) for norm in norms], marker="o", ms=3, label=name)
        finite = [value for value in losses if math.isfinite(value)]
        right.semilogy(range(1, len(finite) + 1), [max(value, 1e-4) for value in finite], label=name)
    left.set(xlabel="layer", ylabel="norm of the weight gradient", title="before training")
    right.set(xlabel="step", ylabel="loss of the batch", title="Adam, 128 samples a step")
    left.legend(frameon=False)
    figure.savefig("deep_spike_times.svg")


if __name__ == "__main__":
    main()
