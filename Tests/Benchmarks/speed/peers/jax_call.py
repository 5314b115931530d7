"""What the peers on JAX share: a train step and an inference that XLA compiles whole."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import jax
import jax.numpy as jnp
import optax

from ..tasks import LEARNING_RATE, Job, data
from .prepared import Prepared

Tree = Any


def prepare(job: Job, package: str, parameters: Tree, forward: Callable[[Tree, jax.Array], jax.Array]) -> Prepared:
    """`forward` returns the scores of tasks a, b and e and the spikes of task g."""
    numbers, labels = data(job)
    # Images with channels last, as convolutions of JAX want them on a CPU.
    x, y = jnp.asarray(numbers.transpose(0, 2, 3, 1) if job.case == "b" else numbers), jnp.asarray(labels)
    optimizer = optax.adam(LEARNING_RATE)

    def loss(parameters: Tree, x: jax.Array, y: jax.Array) -> jax.Array:
        out = forward(parameters, x)
        return out.sum() if job.case == "g" else optax.softmax_cross_entropy_with_integer_labels(out, y).mean()

    def step(parameters: Tree, state: Tree, x: jax.Array, y: jax.Array) -> tuple[Tree, Tree]:
        change, state = optimizer.update(jax.grad(loss)(parameters, x, y), state, parameters)
        return optax.apply_updates(parameters, change), state

    train, gradient, infer = jax.jit(step, donate_argnums=(0, 1)), jax.jit(jax.value_and_grad(loss)), jax.jit(forward)
    now: dict[str, Tree] = {"parameters": parameters, "state": None}

    def call() -> None:
        if job.mode == "inference":
            infer(now["parameters"], x).block_until_ready()
        elif job.case == "g":
            jax.block_until_ready(gradient(now["parameters"], x, y))
        else:
            if now["state"] is None:
                now["state"] = optimizer.init(now["parameters"])
            now["parameters"], now["state"] = train(now["parameters"], now["state"], x, y)
            jax.block_until_ready(now["parameters"])

    def forget() -> None:
        now["state"] = None

    below = {} if package == "jax" else {"jax": jax.__version__}
    return Prepared(version(package), call, forget, built_on=below)
