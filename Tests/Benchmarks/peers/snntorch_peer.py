"""snnTorch: Leaky and Synaptic.

    Leaky      u[t] = beta u[t-1] + i[t] - threshold s[t-1]       reset_mechanism "subtract", reset_delay True (default)
               u[t] = beta (1 - s[t-1]) u[t-1] + i[t]             "zero"
    Synaptic   j[t] = alpha j[t-1] + i[t], j[t] in place of i[t]
    fire       s[t] = 1 if u[t] > threshold

With reset_delay the potential it returns is the one before the reset, without it the one after. The delayed reset is
detached from the gradient, the immediate one is not.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import snntorch
import torch

from .case import Case, Options

RESETS = {"subtract": "soft", "zero": "hard", "none": "none"}

# Surrogates: the peer's, and ours of the same derivative.
ATAN = "atan(alpha=2)", {"surrogate": "arctan", "surrogate_width": 1 / math.pi}
FAST_SIGMOID = "fast_sigmoid(slope=25)", {
    "surrogate": "fast_sigmoid",
    "surrogate_width": 1 / 25,
    "surrogate_unit_area": False,
}
SIGMOID = "sigmoid(slope=10)", {"surrogate": "logistic", "surrogate_width": 1 / 10}
GRADIENTS = {
    ATAN[0]: lambda: snntorch.surrogate.atan(alpha=2.0),
    FAST_SIGMOID[0]: lambda: snntorch.surrogate.fast_sigmoid(slope=25),
    SIGMOID[0]: lambda: snntorch.surrogate.sigmoid(slope=10),
}


def run(model: str, options: Options, currents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Steps the model over [steps, batch, neurons]; the membrane is the last of what it returns."""
    neuron = getattr(snntorch, model)(**{**options, "spike_grad": GRADIENTS[options["spike_grad"]]()})
    state = neuron.reset_mem()
    state = state if isinstance(state, tuple) else (state,)
    spikes, membranes = [], []
    for current in currents:
        spike, *state = neuron(current, *state)
        spikes.append(spike)
        membranes.append(state[-1])
    return torch.stack(spikes), torch.stack(membranes)


def matching(options: Options) -> Options:
    """Our options of the same model."""
    delayed = options["reset_delay"]
    neuron: Options = {
        "decay": "factor",
        "beta": options["beta"],
        "comparison": "above",
        "v_threshold": options["threshold"],
        "v_reset": 0,
        "reset": RESETS[options["reset_mechanism"]],
    }
    if delayed and options["reset_mechanism"] == "subtract":
        neuron["reset_order"] = "next_step"
    if delayed and options["reset_mechanism"] != "none":
        neuron["detach_reset"] = True
    return neuron


def case(
    model: str,
    inputs: Literal["dense", "sparse", "ties"],
    surrogate: tuple[str, Options],
    *,
    alpha: float | None = None,
    beta: float,
    threshold: float = 1.0,
    reset: str = "subtract",
    delay: bool = True,
) -> Case:
    """A case from the options that differ."""
    theirs: dict[str, Any] = {} if alpha is None else {"alpha": alpha}
    theirs |= {"beta": beta, "threshold": threshold, "reset_mechanism": reset, "reset_delay": delay}
    synapse: Options = {"model": "lif"}
    if alpha is not None:
        synapse = {"model": "lif.synaptic", "tau_syn": -1 / math.log(alpha)}
    leak = max(1 - beta, 0.1) * (1 if alpha is None else 1 - alpha)
    options = {**theirs, "spike_grad": surrogate[0]}
    return Case(
        library="snnTorch",
        package="snntorch",
        model=model,
        theirs=options,
        ours={**synapse, **matching(theirs), **surrogate[1]},
        inputs=inputs,
        drive=1.5 * threshold * leak,
        before_reset=delay or reset == "none",
        run=lambda currents: run(model, options, currents),
    )


CASES = [
    case("Leaky", "dense", ATAN, beta=0.9),
    case("Leaky", "sparse", FAST_SIGMOID, beta=0.9),
    case("Leaky", "sparse", SIGMOID, beta=0.5, threshold=0.5),
    case("Leaky", "dense", ATAN, beta=0.95, threshold=1.3, reset="zero"),
    case("Leaky", "sparse", FAST_SIGMOID, beta=0.8, reset="none"),
    case("Leaky", "dense", FAST_SIGMOID, beta=0.95, delay=False),
    case("Leaky", "sparse", ATAN, beta=0.8, threshold=0.7, reset="zero", delay=False),
    case("Leaky", "ties", ATAN, beta=1.0),
    case("Synaptic", "dense", ATAN, alpha=0.8, beta=0.9, delay=False),
    case("Synaptic", "sparse", FAST_SIGMOID, alpha=0.5, beta=0.95, reset="zero", delay=False),
    case("Synaptic", "sparse", SIGMOID, alpha=0.9, beta=0.7, threshold=2.0, reset="none"),
]
