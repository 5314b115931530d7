"""What a step of a neuron costs, by the language it is written in: leaky integrate-and-fire in C, Fortran, Numba, Python
over numpy, and the built-in one, each in the same network (docs/foreign-neurons.md shows the figures).

    foreign_neurons.py FOLDER-OF-SHARED-OBJECTS      prints nanoseconds a neuron and step, and microseconds a call

The network is 2 inputs to 1000 neurons, batch 32, T = 25, one thread: next to nothing but neurons. Each figure is the
median of seven rounds, the neurons in turn.
"""

import statistics
import sys
import time

import numpy as np

import snn

STEPS, BATCH, WIDTH, ROUNDS = 25, 32, 1000, 7


def step(current, v, spike, distance, alpha, threshold):
    u = alpha * v + current
    distance[:] = u - threshold
    spike[:] = distance >= 0
    v[:] = u - threshold * spike


def adjoint(slope, d_spike, d_v, d_current, alpha, threshold):
    d_current[:] = d_v + (d_spike - threshold * d_v) * slope
    d_v[:] = alpha * d_current


def step_loop(n, current, v, spike, distance, alpha, threshold):
    for k in range(n):
        u = alpha * v[k] + current[k]
        distance[k] = u - threshold
        spike[k] = np.float32(1) if distance[k] >= 0 else np.float32(0)
        v[k] = u - threshold * spike[k]


def adjoint_loop(n, slope, d_spike, d_v, d_current, alpha, threshold):
    for k in range(n):
        d_current[k] = d_v[k] + (d_spike[k] - threshold * d_v[k]) * slope[k]
        d_v[k] = alpha * d_current[k]


def trainer(neuron):
    layers = [{"connection": {"kind": "dense", "outputs": WIDTH}, "neuron": neuron}]
    network = snn.Network(input=(2,), steps=STEPS, layers=layers, coding="rate", seed=1)
    network.threads = 1
    return network, snn.Trainer(network, optimizer="sgd", seed=1)


def main():
    for name in ("leaky", "leaky_fortran"):
        snn.load_plugin(f"{sys.argv[1]}/{name}.so")
    parts = {"states": {"v": 0}, "parameters": {"alpha": 0.9, "threshold": 1}}
    snn.define_neuron("plain", step=step, adjoint=adjoint, **parts)
    snn.define_neuron("numba", step=step_loop, adjoint=adjoint_loop, compile=True, **parts)
    models = {
        "built in": snn.LIF(decay="factor", beta=0.9),
        "C": snn.Neuron("leaky"),
        "Fortran": snn.Neuron("leaky_fortran"),
        "Numba": snn.Neuron("numba"),
        "Python": snn.Neuron("plain"),
    }
    made = {name: trainer(neuron) for name, neuron in models.items()}
    x = np.random.default_rng(1).random((BATCH, 2), np.float32)
    y = np.zeros(BATCH, np.int32)
    times = {(name, mode): [] for name in models for mode in ("inference", "training")}
    for _ in range(ROUNDS):
        for name, (network, teacher) in made.items():
            for mode, run in (("inference", lambda: network.predict(x)), ("training", lambda: teacher.train_batch(x, y))):
                run()
                start = time.perf_counter()
                for _ in range(5):
                    run()
                times[name, mode].append((time.perf_counter() - start) / 5)
    print("| neuron | inference, ns a neuron and step | training |\n|---|---|---|")
    for name in models:
        inference, training = (statistics.median(times[name, mode]) for mode in ("inference", "training"))
        per = 1e9 / (STEPS * BATCH * WIDTH)
        print(f"| {name} | {inference * per:.2f} | {training * per:.2f} |")


main()
