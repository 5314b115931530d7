"""A neuron model written in Python: quadratic integrate-and-fire, tried out first, then compiled with Numba.

    python own_neuron.py             plain Python over numpy arrays
    python own_neuron.py --compile   compiled by Numba, several times as fast
"""

import sys

import numpy as np
from numpy.typing import NDArray

import snn

Row = NDArray[np.float32]


# u = v + rate v (v - 1) + i;  fires and returns to 0 where u >= peak
# Source: Latham et al., Journal of Neurophysiology 83, 2000.
def step(current: Row, v: Row, spike: Row, distance: Row, rate: float, peak: float) -> None:
    u = v + rate * v * (v - 1) + current
    distance[:] = u - peak
    spike[:] = distance >= 0
    v[:] = np.where(distance >= 0, np.float32(0), u)


def adjoint(
    current: Row, v: Row, slope: Row, d_spike: Row, d_v: Row, d_current: Row, rate: float, peak: float
) -> None:
    silent = v + rate * v * (v - 1) + current < peak
    d_current[:] = np.where(silent, d_v, np.float32(0)) + d_spike * slope
    d_v[:] = (1 + rate * (2 * v - 1)) * d_current


quadratic = snn.define_neuron(
    "quadratic",
    step=step,
    adjoint=adjoint,
    states={"v": 0},
    parameters={
        "rate": dict(default=0.2, at_least=0, at_most=1, meaning="how fast the membrane runs away"),
        "peak": dict(default=2, at_least=1, at_most=100, meaning="where a spike is counted"),
    },
    summary="Quadratic integrate-and-fire.",
    compile="--compile" in sys.argv[1:],
)

network = snn.Network(
    input=(1, 8, 8),
    steps=20,
    layers=[snn.Flatten(), snn.Dense(128, neuron=quadratic(rate=0.1)), snn.Dense(10, neuron=snn.LIF())],
    seed=1,
)
train, test = snn.Dataset.open("digits", "train"), snn.Dataset.open("digits", "test")
network.fit(train, epochs=8, batch=32, optimizer={"kind": "adam", "learning_rate": 0.003})
print(f"{network.evaluate(test)['accuracy']:.1%} of the test digits right")
