"""One measurement of one peer, as one JSON line: `python -m speed.peer LIBRARY --case a --formulation loop ...`."""

from __future__ import annotations

import argparse
import json
import os
import time
import warnings
from importlib import import_module

from . import tasks, timing
from .peers import PEERS


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", choices=PEERS)
    parser.add_argument("--case", choices=tasks.TASKS, required=True)
    parser.add_argument("--formulation", required=True)
    parser.add_argument("--mode", choices=["train", "inference"], default="train")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--width", type=int, default=512, help="inputs and neurons of case g")
    parser.add_argument("--activity", type=float, default=0.0, help="share of inputs of case g that spike; 0: dense")
    parser.add_argument("--what", choices=["speed", "latency", "memory"], default="speed")
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.3, help="the shortest repetition")
    parser.add_argument("--limit", type=float, default=8.0, help="seconds of measuring, at most")
    given = parser.parse_args()
    known = PEERS[given.library].formulations
    if given.formulation not in known or given.case not in known[given.formulation][1]:
        fitting = ", ".join(name for name, (_, cases) in known.items() if given.case in cases)
        parser.error(f"--formulation of {given.library} in case {given.case} must be one of {fitting}")
    return given


def environment(library: str, threads: int) -> None:
    """What frameworks read once, when they are imported."""
    count = str(threads)
    os.environ.update(
        CUDA_VISIBLE_DEVICES="",
        JAX_PLATFORMS="cpu",
        OMP_NUM_THREADS=count,
        MKL_NUM_THREADS=count,
        OPENBLAS_NUM_THREADS=count,
    )
    # JAX sizes its pool by the cores that it may use.
    if library in ("jax", "spyx") and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def main() -> None:
    given = arguments()
    warnings.filterwarnings("ignore")
    environment(given.library, given.threads)
    task = tasks.TASKS[given.case]
    job = tasks.Job(
        case=given.case,
        formulation=given.formulation,
        mode=given.mode,
        threads=given.threads,
        batch=given.batch or task.batch,
        steps=given.steps or task.steps,
        width=given.width,
        activity=given.activity,
    )
    peer = PEERS[given.library]
    prepared = import_module(f"speed.peers.{peer.module}").prepare(job)
    row: timing.Row = {
        "library": peer.name,
        "version": prepared.version,
        "built_on": prepared.built_on,
        "formulation": given.formulation,
        "group": peer.formulations[given.formulation][0],
        "case": given.case,
        "mode": given.mode,
        "threads": given.threads,
        "batch": job.batch,
        "steps": job.steps,
    }
    if given.what == "memory":
        row["peak_bytes"] = timing.peak_above_start(prepared.call, prepared.forget)
    else:
        row["first_call_seconds"] = timing.warm_up(prepared.call)
        effort = timing.Effort(given.repetitions, given.seconds, given.limit)
        repetitions, noticed = timing.spans(prepared.call, given.threads, effort)
        row |= noticed
        if given.what == "latency":
            every = [seconds for times in repetitions for seconds in times]
            row |= {f"p{share}_ms": 1e3 * timing.percentile(every, share / 100) for share in (50, 99)}
        means = [sum(times) / len(times) for times in repetitions]
        row["seconds"] = timing.figures(means)
        row["samples_per_second"] = timing.figures([job.batch / seconds for seconds in means])
        start = time.perf_counter()
        row["activity"] = prepared.activity() if row["seconds"][0] < 5 else {}
        row["activity_seconds"] = time.perf_counter() - start
    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
