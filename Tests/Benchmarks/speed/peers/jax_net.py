"""JAX, the neurons written as a careful user would: the first layer once (or one product over all steps), the rest
under one scan. Neuron and surrogate are those of torch_net.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from ..tasks import BETA, SEED, SEQUENCE_GAIN, SLOPE, THRESHOLD, Job
from .jax_call import prepare as prepare_jax
from .prepared import Prepared

Layer = dict[str, jax.Array]


@jax.custom_vjp
def spike(x: jax.Array) -> jax.Array:
    return (x > 0).astype(jnp.float32)


spike.defvjp(lambda x: (spike(x), x), lambda x, gradient: (gradient / (SLOPE * jnp.abs(x) + 1) ** 2,))


def layer(key: jax.Array, shape: tuple[int, ...], gain: float = 1.0) -> Layer:
    """Weights and biases as PyTorch draws them; the last axis of `shape` is the outputs."""
    inputs = 1
    for size in shape[:-1]:
        inputs *= size
    bound, (weight, bias) = inputs**-0.5, jax.random.split(key)
    draw = {"minval": -bound, "maxval": bound}
    return {
        "w": jax.random.uniform(weight, shape, **draw) * gain,
        "b": jax.random.uniform(bias, shape[-1:], **draw),
    }


def initial(job: Job) -> list[Layer]:
    keys = jax.random.split(jax.random.key(SEED), 3)
    if job.case == "a":
        return [layer(keys[0], (784, 1000)), layer(keys[1], (1000, 10))]
    if job.case == "b":
        return [layer(keys[0], (5, 5, 1, 12)), layer(keys[1], (5, 5, 12, 64)), layer(keys[2], (1024, 10))]
    if job.case == "e":
        return [layer(keys[0], (700, 128), SEQUENCE_GAIN), layer(keys[1], (128, 20))]
    return [layer(keys[0], (job.width, job.width))]


def apply(p: Layer, x: jax.Array) -> jax.Array:
    if p["w"].ndim == 2:
        return x @ p["w"] + p["b"]
    return lax.conv_general_dilated(x, p["w"], (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")) + p["b"]


def pool(x: jax.Array) -> jax.Array:
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def lif(v: jax.Array, current: jax.Array) -> tuple[jax.Array, jax.Array]:
    """One step of a layer: its membrane after the reset and its spikes."""
    v = BETA * v + current
    s = spike(v - THRESHOLD)
    return v - THRESHOLD * lax.stop_gradient(s), s


def forward(job: Job, p: list[Layer], x: jax.Array) -> jax.Array:
    current = apply(p[0], x)
    if job.case in "eg":
        _, spikes = lax.scan(lif, jnp.zeros(current.shape[1:]), current)
        if job.case == "g":
            return spikes
        # The mean over time of a leaky integrator without reset is a weighted sum of its input.
        weight = (1 - BETA ** jnp.arange(job.steps, 0, -1.0)) / (1 - BETA) / job.steps
        return jnp.einsum("t,tbc->bc", weight, apply(p[1], spikes))

    def mlp(state: tuple[jax.Array, ...], _: None) -> tuple[tuple[jax.Array, ...], jax.Array]:
        v1, s1 = lif(state[0], current)
        v2, s2 = lif(state[1], apply(p[1], s1))
        return (v1, v2), s2

    def conv(state: tuple[jax.Array, ...], _: None) -> tuple[tuple[jax.Array, ...], jax.Array]:
        v1, s1 = lif(state[0], current)
        v2, s2 = lif(state[1], apply(p[1], pool(s1)))
        v3, s3 = lif(state[2], apply(p[2], pool(s2).reshape(x.shape[0], -1)))
        return (v1, v2, v3), s3

    batch = x.shape[0]
    shapes = [current.shape, (batch, 8, 8, 64), (batch, 10)] if job.case == "b" else [current.shape, (batch, 10)]
    _, out = lax.scan(conv if job.case == "b" else mlp, tuple(map(jnp.zeros, shapes)), None, length=job.steps)
    return out.sum(0)


def prepare(job: Job) -> Prepared:
    return prepare_jax(job, "jax", initial(job), lambda p, x: forward(job, p, x))
