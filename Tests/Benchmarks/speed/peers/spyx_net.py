"""Spyx: its LIF (subtractive reset, fires on the membrane of the step before) with its default surrogate, superspike.

    run     spyx.nn.run over the whole network, every layer at every step
    hoist   the first layer's product outside: once, or over all steps where the input changes
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import spyx
from flax import nnx

from ..tasks import BETA, SEED, SEQUENCE_GAIN, THRESHOLD, Job
from .jax_call import prepare as prepare_jax
from .jax_net import pool
from .prepared import Prepared

Part = Any
"""A layer, or a function of an array."""


def flat(x: jax.Array) -> jax.Array:
    return x.reshape(x.shape[0], -1)


def layers(job: Job) -> tuple[nnx.Module, list[Part]]:
    """The first connection, and what follows."""
    rngs, surrogate = nnx.Rngs(SEED), spyx.axn.superspike()

    def uniform(inputs: int) -> dict[str, Any]:
        """Initial weights as PyTorch draws them."""

        def draw(key: jax.Array, shape: tuple[int, ...], dtype: jnp.dtype, _: object = None) -> jax.Array:
            return jax.random.uniform(key, shape, dtype, -(inputs**-0.5), inputs**-0.5)

        return {"kernel_init": draw, "bias_init": draw, "rngs": rngs}

    def dense(inputs: int, outputs: int) -> nnx.Linear:
        return nnx.Linear(inputs, outputs, **uniform(inputs))

    def conv(inputs: int, outputs: int) -> nnx.Conv:
        return nnx.Conv(inputs, outputs, (5, 5), padding="VALID", **uniform(25 * inputs))

    def lif(*shape: int) -> spyx.nn.LIF:
        return spyx.nn.LIF(shape, BETA, THRESHOLD, surrogate, rngs=rngs)

    if job.case == "a":
        return dense(784, 1000), [lif(1000), dense(1000, 10), lif(10)]
    if job.case == "b":
        rest = [lif(24, 24, 12), pool, conv(12, 64), lif(8, 8, 64), pool, flat, dense(1024, 10), lif(10)]
        return conv(1, 12), rest
    if job.case == "e":
        first = dense(700, 128)
        first.kernel[...] = first.kernel[...] * SEQUENCE_GAIN
        return first, [lif(128), dense(128, 20), spyx.nn.LI((20,), BETA, rngs=rngs)]
    return dense(job.width, job.width), [lif(job.width)]


def prepare(job: Job) -> Prepared:
    hoist = job.formulation == "hoist"
    first, rest = layers(job)
    modules: tuple[Part, ...] = (spyx.nn.Sequential(first, *rest),)
    if hoist:
        modules = (first, spyx.nn.Sequential(*rest))
    graph, parameters, other = nnx.split(modules, nnx.Param, ...)

    def forward(parameters: nnx.State, x: jax.Array) -> jax.Array:
        *before, model = nnx.merge(graph, parameters, other)
        for connection in before:
            x = connection(x)
        out, _ = spyx.nn.run(model, x if job.task.sequence else jnp.broadcast_to(x, (job.steps, *x.shape)))
        return {"e": lambda: out.mean(0), "g": lambda: out}.get(job.case, lambda: out.sum(0))()

    return prepare_jax(job, "spyx", parameters, forward)
