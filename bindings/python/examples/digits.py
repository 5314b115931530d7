#!/usr/bin/env python3
"""Builds a network from objects, trains it on the 8x8 digits that come with the library, and saves it."""

import sys

import snn

train = snn.Dataset.open("digits", "train")
test = snn.Dataset.open("digits", "test")

network = snn.Network(
    input=(1, 8, 8),
    steps=20,
    layers=[
        snn.Flatten(),
        snn.Dense(256, neuron=snn.LIF(tau_mem=10), name="hidden"),
        snn.Dense(10, neuron=snn.LIF(tau_mem=10), name="out"),
    ],
    seed=1,
)
network.fit(train, epochs=30, optimizer=snn.Optimizer("adam", learning_rate=0.003), schedule="cosine", batch=32, seed=1)

report = network.evaluate(test)
print(f"test accuracy {100 * report['accuracy']:.2f} %, {report['spikes_per_neuron']:.2f} spikes a neuron and digit")

# The weights are numpy arrays over the network's own memory.
weights = network.tensors["hidden.weight"]
print(f"hidden.weight {weights.shape}, largest {abs(weights).max():.3f}")

path = sys.argv[1] if len(sys.argv) > 1 else "digits.snn"
network.save(path)
image, label = test[0]
print(f"{path} sees a {snn.Network.load(path).predict(image, 'class')[0, 0]:.0f}, it is a {label}")
