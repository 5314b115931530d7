#!/usr/bin/env python3
"""Trains a network whose neurons spike at most once, at an exact time, asks how early it is certain of each digit, and
draws when its neurons fire (with matplotlib)."""

import sys

import snn

train = snn.Dataset.open("digits", "train")
test = snn.Dataset.open("digits", "test")

network = snn.Network(
    input=(1, 8, 8),
    coding="ttfs",
    layers=[
        snn.Flatten(),
        snn.Dense(128, neuron=snn.TTFS(), name="hidden"),
        snn.Dense(10, neuron=snn.TTFSMembrane(), name="out"),
    ],
    readout="membrane",
    name="spike times",
    seed=1,
)
# The penalty on activity makes neurons fire later, and most of them not at all.
rule = {"kind": "ttfs", "activity_penalty": 0.01}
adam = snn.Optimizer("adam", learning_rate=0.003)
network.fit(train, epochs=30, batch=32, rule=rule, optimizer=adam, schedule="cosine", seed=1)
# Windows just as long as the training set needs; no weight moves.
network.fit(train, epochs=1, rule={"kind": "ttfs.fit_windows", "margin": 1}, progress=False)

report = network.evaluate(test)
x, labels = test[:]
results = network.predict(x, ["class", "decision_time", "latency"])
right = (results["class"][:, 0] == labels).sum()
share = (results["decision_time"] / results["latency"]).mean(dtype=float)
print(f"{right} of {len(test)} unseen digits right")
print(
    f"test accuracy {100 * report['accuracy']:.2f} %, {report['spikes_per_neuron']:.3f} spikes a neuron, "
    f"certain after {100 * share:.1f} % of the latency of {results['latency'][0, 0]:.2f}"
)

# Less than ideal hardware, without further training.
rough = network.changed({"*.neuron.jitter": 0.1, "*.neuron.time_bits": 4, "*.connection.weight_bits": 5})
print(f"with jitter, 16 ticks and weights of 5 bits {100 * rough.evaluate(test)['accuracy']:.2f} %")

path = sys.argv[1] if len(sys.argv) > 1 else "spike_times.png"
try:
    snn.plot.spike_time_histogram(network, x).savefig(path)
    print(f"drew {path}")
except ImportError:
    print("no picture: it needs matplotlib (pip install snn[plot])")
