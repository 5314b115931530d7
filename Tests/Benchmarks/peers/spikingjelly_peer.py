"""SpikingJelly: IFNode and LIFNode.

    IFNode     u[t] = v[t-1] + i[t]
    LIFNode    u[t] = v[t-1] + (i[t] - (v[t-1] - v_reset)) / tau       decay_input True
               u[t] = v[t-1] - (v[t-1] - v_reset) / tau + i[t]         decay_input False
    fire       s[t] = 1 if u[t] >= v_threshold
    reset      v[t] = v_reset where s[t] = 1; with v_reset None: v[t] = u[t] - v_threshold s[t]

The leak goes to v_reset (None: 0), where the membrane also starts. Its v_seq holds the potentials after the reset.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from spikingjelly.activation_based import neuron, surrogate

from .case import Case, Options

# Surrogates: the peer's, and ours of the same derivative.
ATAN = "ATan(alpha=2.0)", {"surrogate": "arctan", "surrogate_width": 1 / math.pi}
SIGMOID = "Sigmoid(alpha=4.0)", {"surrogate": "logistic", "surrogate_width": 1 / 4}
TRIANGLE = "PiecewiseQuadratic(alpha=1.0)", {"surrogate": "triangle", "surrogate_width": 1.0}
ERF = "Erf(alpha=2.0)", {"surrogate": "gaussian", "surrogate_width": 1 / (2 * math.sqrt(2))}
# Off the grid of the ties: no potential lies on an edge of the rectangle.
RECTANGLE = "Rect(alpha=0.7)", {"surrogate": "rectangle", "surrogate_width": 1 / 0.7}
GRADIENTS = {
    ATAN[0]: lambda: surrogate.ATan(alpha=2.0),
    SIGMOID[0]: lambda: surrogate.Sigmoid(alpha=4.0),
    TRIANGLE[0]: lambda: surrogate.PiecewiseQuadratic(alpha=1.0),
    ERF[0]: lambda: surrogate.Erf(alpha=2.0),
    RECTANGLE[0]: lambda: surrogate.Rect(alpha=0.7),
}


def run(model: str, options: Options, currents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """All steps at once, as the library recommends."""
    given = {**options, "surrogate_function": GRADIENTS[options["surrogate_function"]]()}
    node = getattr(neuron, model)(step_mode="m", store_v_seq=True, **given)
    return node(currents), node.v_seq


def matching(options: Options) -> Options:
    """Our options of the same model."""
    v_reset = options["v_reset"]
    result: Options = {
        "model": "lif",
        "decay": "none",
        "comparison": "at_least",
        "v_threshold": options["v_threshold"],
        "v_reset": v_reset or 0,
        "reset": "soft" if v_reset is None else "hard",
    }
    if "tau" in options:
        result |= {"decay": "euler", "tau_mem": options["tau"]}
        result |= {"input_gain": "leak" if options["decay_input"] else "unit"}
    if v_reset:
        result["v_leak"] = v_reset
    if options["detach_reset"]:
        result["detach_reset"] = True
    return result


def case(
    inputs: Literal["dense", "sparse", "ties"],
    sg: tuple[str, Options],
    *,
    tau: float | None = None,
    decay_input: bool = True,
    v_threshold: float = 1.0,
    v_reset: float | None = 0.0,
    detach_reset: bool = False,
) -> Case:
    """A case from the options that differ; IFNode without `tau`."""
    theirs: Options = {} if tau is None else {"tau": tau, "decay_input": decay_input}
    theirs |= {"v_threshold": v_threshold, "v_reset": v_reset, "detach_reset": detach_reset}
    model = "IFNode" if tau is None else "LIFNode"
    options = {**theirs, "surrogate_function": sg[0]}
    leak = 0.1 if tau is None else 1.0 if decay_input else 1 / tau
    return Case(
        library="SpikingJelly",
        package="spikingjelly",
        model=model,
        theirs=options,
        ours={**matching(theirs), **sg[1]},
        inputs=inputs,
        drive=1.5 * (v_threshold - (v_reset or 0)) * leak,
        before_reset=False,
        run=lambda currents: run(model, options, currents),
    )


CASES = [
    case("dense", ATAN, v_reset=None),
    case("sparse", SIGMOID),
    case("dense", ERF, v_threshold=0.8, v_reset=-0.25),
    case("ties", RECTANGLE, v_reset=None),
    case("dense", SIGMOID, tau=2.0),
    case("sparse", ATAN, tau=10.0, decay_input=False, v_reset=None),
    case("sparse", TRIANGLE, tau=5.0, v_threshold=0.5, v_reset=None),
    case("dense", ERF, tau=20.0, decay_input=False, v_threshold=0.8, v_reset=-0.2, detach_reset=True),
    case("sparse", ATAN, tau=4.0, v_threshold=1.2, v_reset=0.1, detach_reset=True),
]
