"""Norse: LIFBoxCell (membrane only) and LIFCell (with its synapse), both by forward Euler.

    LIFBoxCell   u[t] = v[t-1] + dt / tau_mem (v_leak - v[t-1] + i[t])
    LIFCell      j[t] = (1 - dt / tau_syn) j[t-1] + i[t], j[t] in place of i[t]
    fire         s[t] = 1 if u[t] > v_th
    reset        v[t] = v_reset where s[t] = 1; with reset_subtract: v[t] = u[t] - v_th s[t]

Its state holds the potentials after the reset. Its surrogate "super" takes an alpha and, in 1.1.0, does not use it: the
derivative is 1 / (1 + |x|)^2 whatever alpha is.
"""

from __future__ import annotations

import math
from typing import Literal

import norse.torch as norse
import torch
from norse.torch.functional.reset import reset_subtract, reset_value

from .case import Case, Options

# Surrogates: the peer's, and ours of the same derivative.
SUPER = {"method": "super", "alpha": 100.0}, {
    "surrogate": "fast_sigmoid",
    "surrogate_width": 1.0,
    "surrogate_unit_area": False,
}
TRIANGLE = {"method": "triangle", "alpha": 1.0}, {"surrogate": "triangle", "surrogate_width": 1.0}
RESETS = {"reset_value": reset_value, "reset_subtract": reset_subtract}


def parameters(options: Options) -> Options:
    """What the parameter tuples take: tensors, functions and texts."""
    result: Options = {}
    for name, value in options.items():
        result[name] = torch.as_tensor(value) if isinstance(value, float) else value
    if "reset_method" in result:
        result["reset_method"] = RESETS[result["reset_method"]]
    return result


def cell(model: str, options: Options) -> torch.nn.Module:
    """The neuron; `dt` stands beside its parameters."""
    given = parameters({name: value for name, value in options.items() if name != "dt"})
    if model == "LIFBoxCell":
        return norse.LIFBoxCell(norse.LIFBoxParameters(**given), dt=options["dt"])
    return norse.LIFCell(norse.LIFParameters(**given), dt=options["dt"])


def run(model: str, options: Options, currents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Steps the cell over [steps, batch, neurons]."""
    neuron, state = cell(model, options), None
    spikes, membranes = [], []
    for current in currents:
        spike, state = neuron(current, state)
        spikes.append(spike)
        membranes.append(state.v)
    return torch.stack(spikes), torch.stack(membranes)


def matching(options: Options) -> Options:
    """Our options of the same model, with a step of 1 ms."""
    result: Options = {
        "decay": "euler",
        "tau_mem": 1 / (options["dt"] * options["tau_mem_inv"]),
        "input_gain": "leak",
        "v_leak": options["v_leak"],
        "comparison": "above",
        "v_threshold": options["v_th"],
        "v_reset": options["v_reset"],
        "reset": "soft" if options.get("reset_method") == "reset_subtract" else "hard",
    }
    if "tau_syn_inv" not in options:
        return {"model": "lif", **result}
    # Ours decays by exp(-dt / tau_syn), the peer by 1 - dt / tau_syn: the time constant that gives the same factor.
    tau_syn = -1 / math.log(1 - options["dt"] * options["tau_syn_inv"])
    return {"model": "lif.synaptic", "tau_syn": tau_syn, **result}


def case(
    inputs: Literal["dense", "sparse", "ties"],
    surrogate: tuple[Options, Options],
    *,
    tau_syn_inv: float | None = None,
    tau_mem_inv: float = 100.0,
    v_leak: float = 0.0,
    v_th: float = 1.0,
    v_reset: float = 0.0,
    reset_method: str = "reset_value",
    dt: float = 0.001,
) -> Case:
    """A case from the options that differ; LIFBoxCell without `tau_syn_inv`."""
    box = tau_syn_inv is None
    theirs: Options = {"dt": dt} if box else {"dt": dt, "tau_syn_inv": tau_syn_inv}
    theirs |= {"tau_mem_inv": tau_mem_inv, "v_leak": v_leak, "v_th": v_th, "v_reset": v_reset}
    if box:
        theirs["reset_method"] = reset_method
    model = "LIFBoxCell" if box else "LIFCell"
    options = {**theirs, **surrogate[0]}
    return Case(
        library="Norse",
        package="norse",
        model=model,
        theirs=options,
        ours={**matching(theirs), **surrogate[1]},
        inputs=inputs,
        drive=1.5 * (v_th - v_leak) * (1 if tau_syn_inv is None else dt * tau_syn_inv),
        before_reset=False,
        run=lambda currents: run(model, options, currents),
    )


CASES = [
    case("dense", SUPER),
    case("sparse", TRIANGLE, v_leak=0.1, v_th=0.7, v_reset=-0.2),
    case("dense", TRIANGLE, tau_mem_inv=200.0, reset_method="reset_subtract"),
    case("sparse", SUPER, tau_mem_inv=50.0, v_th=0.5, reset_method="reset_subtract"),
    # A step as long as the time constant: the potential is the current, and exact.
    case("ties", SUPER, tau_mem_inv=2.0, dt=0.5),
    case("dense", SUPER, tau_syn_inv=200.0),
    case("sparse", TRIANGLE, tau_syn_inv=100.0, tau_mem_inv=50.0, v_leak=0.1, v_th=0.6, v_reset=-0.1),
]
