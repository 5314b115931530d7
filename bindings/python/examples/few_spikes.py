#!/usr/bin/env python3
"""Trains an ordinary network with batch normalisation, converts it to few spikes and to rates, and tells what each costs:
accuracy, spikes and steps. Draws where the errors come from (with matplotlib)."""

import sys

import snn

train = snn.Dataset.open("digits", "train")
test = snn.Dataset.open("digits", "test")


def convolution(channels: int, name: str, **parameters: object) -> list[dict[str, object]]:
    """A convolution, and batch normalisation with rectified units behind it."""
    connection = {"kind": "conv2d", "channels": channels, "kernel": [3, 3], "padding": 1, **parameters}
    return [
        {"name": name, "connection": connection, "neuron": "relu.identity"},
        {"name": f"{name} normed", "connection": "batch_norm", "neuron": "relu"},
    ]


network = snn.Network(
    input=(1, 8, 8),
    layers=[
        *convolution(16, "conv1"),
        *convolution(32, "conv2", stride=2),
        snn.Flatten(),
        snn.Dense(64, neuron=snn.ReLU(), name="hidden"),
        snn.Dense(10, neuron="relu.identity", name="out"),
    ],
    readout="membrane",
    name="digits",
    seed=1,
)
adam = snn.Optimizer("adam", learning_rate=0.003)
network.fit(train, epochs=8, batch=32, optimizer=adam, schedule="cosine", seed=1)
print(f"analog: test accuracy {100 * network.evaluate(test)['accuracy']:.2f} %")

for to, steps, name in [("fs", 6, "few spikes"), ("if", 64, "rates")]:
    spiking = network.convert(to, train, steps=steps)
    report = spiking.evaluate(test)
    print(
        f"{name}: test accuracy {100 * report['accuracy']:.2f} %, {report['spikes_per_neuron']:.3f} spikes a neuron, "
        f"{spiking.steps} steps of which {spiking.conversion.enough_steps} are enough"
    )
    for layer in spiking.conversion.layers:
        print(f"    {layer.name}: correlation {layer.correlation:.5f}, error {100 * layer.error:.4f} %")
    path = f"{sys.argv[1] if len(sys.argv) > 1 else 'conversion'}-{to}.png"
    try:
        snn.plot.conversion(spiking).savefig(path)
        print(f"drew {path}")
    except ImportError:
        print("no picture: it needs matplotlib (pip install snn[plot])")
