"""How active each layer is, here and in the loop written by hand, on the same inputs and weights.

`python -m speed.activity --case b` prints one JSON line. A network that is silent on one side would make any comparison
of speed worthless. `between` holds what travels between layers (the pools of case b): the roofline needs it.
"""

from __future__ import annotations

import argparse
import json

import torch

from . import ours, tasks
from .peers import torch_net
from .peers.torch_call import activity_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=tasks.TASKS, required=True)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--activity", type=float, default=0.0)
    given = parser.parse_args()
    task = tasks.TASKS[given.case]
    job = tasks.Job(given.case, "loop", "inference", 1, task.batch, task.steps, given.width, given.activity)
    torch.set_num_threads(1)
    x, _ = tasks.data(job)
    weights = tasks.weights(job)
    net = torch_net.Net(job)
    net.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    theirs = activity_of(net, torch.from_numpy(x))
    mine = ours.activity(job, weights, x)
    layers = {
        name: {"ours": share, "theirs": theirs[name], "ratio": share / theirs[name] if theirs[name] else None}
        for name, share in mine.items()
    }
    between = {name: share for name, share in theirs.items() if name not in mine}
    row = {"case": given.case, "layers": layers, "between": between, "input": float((x != 0).mean())}
    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
