#!/usr/bin/env python3
"""Runs a trained network one time step at a time, and draws which neurons fired when (with matplotlib)."""

import sys

import snn

network, report = snn.run("digits-lif", epochs=10)
print(f"test accuracy {100 * report['accuracy']:.2f} %")
image, label = snn.Dataset.open("digits", "test")[3]

# A stream: the scores are there after every step, and may settle long before the window ends.
with network.session(batch=1) as session:
    for _ in range(network.steps):
        session.step(image)
        scores = session.scores()[0]
        print(f"step {session.steps:2}: {scores.argmax()} leads with {scores.max():.0f} spikes")
print(f"it is a {label}")

recording = network.record(image)
path = sys.argv[1] if len(sys.argv) > 1 else "raster.png"
try:
    snn.plot.raster(recording).savefig(path)
    print(f"drew {path}")
except ImportError:
    print("no picture: it needs matplotlib (pip install snn[plot])")
