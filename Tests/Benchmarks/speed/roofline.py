"""How much of what the machine can do our calls achieve: products against SGEMM, spikes against memory bandwidth.

A layer with M connections (of a convolution: all its multiplications of one step), batch B, T steps and a share p of
its inputs that spike needs

    input          forward                      weight gradient              input gradient (not of the first layer)
    constant       2 M B operations             2 M B operations             2 M B T operations
    dense          2 M B T operations           2 M B T operations           2 M B T operations
    spikes         4 p M B T bytes              8 p M B T bytes              2 M B T operations

since a spike adds a row of weights (4 bytes each) and, backward, adds to a row of the gradient (read and written). Adam
reads four arrays of the size of the weights and writes three: 28 bytes a weight.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .plan import ACTIVITIES, WIDTHS
from .rows import Row, Rows
from .tasks import TASKS

MEMORY, CACHE = "read, 256 MiB in all", "read, 512 KiB a core"


@dataclass(frozen=True)
class Layer:
    """A layer's connections, neurons, and the input that arrives."""

    connections: int
    neurons: int
    weights: int
    input: str
    """"constant", "dense" or "spikes"."""
    share: float = 1.0
    """Of the inputs that spike."""
    first: bool = False


@dataclass(frozen=True)
class Work:
    """What a call has to do."""

    operations: float
    event_bytes: float
    optimizer_bytes: float
    neuron_steps: float


def work(layers: list[Layer], batch: int, steps: int, train: bool, adam: bool) -> Work:
    """The sum over the layers, by the table above."""
    operations = event_bytes = 0.0
    for layer in layers:
        window = layer.connections * batch * (1 if layer.input == "constant" else steps)
        if layer.input == "spikes":
            event_bytes += layer.share * window * (12 if train else 4)
        else:
            operations += 2 * window * (2 if train else 1)
        if train and not layer.first:
            operations += 2 * layer.connections * batch * steps
    neurons = sum(layer.neurons for layer in layers) * batch * steps * (2 if train else 1)
    return Work(operations, event_bytes, 28.0 * sum(layer.weights for layer in layers) * (train and adam), neurons)


def layers(case: str, rows: Rows, width: int = 0, spikes: float = 0.0) -> list[Layer] | None:
    """The layers of a case with the activity that was measured."""
    key = f"activity {case}" + (f" n{width} {f'{100 * spikes:g}%' if spikes else 'dense'}" if width else "")
    row = rows.by_key.get(key)
    if row is None or "error" in row:
        return None
    seen = {name: layer["ours"] for name, layer in row["layers"].items()} | row["between"]
    if case == "a":
        first = Layer(784 * 1000, 1000, 784 * 1000, "constant", first=True)
        return [first, Layer(1000 * 10, 10, 1000 * 10, "spikes", seen["hidden"])]
    if case == "b":
        return [
            Layer(24 * 24 * 12 * 25, 24 * 24 * 12, 12 * 25, "constant", first=True),
            Layer(8 * 8 * 64 * 25 * 12, 8 * 8 * 64, 64 * 25 * 12, "spikes", seen["pool1"]),
            Layer(1024 * 10, 10, 1024 * 10, "spikes", seen["pool2"]),
        ]
    kind = "spikes" if spikes else "dense"
    return [Layer(width * width, width, width * width, kind, row["input"], first=True)]


@dataclass(frozen=True)
class Place:
    """Where a call stands under the roof."""

    title: str
    seconds: float
    work: Work
    peak: float
    """Operations a second of SGEMM."""
    memory: float
    """Bytes a second that are read from memory."""
    cache: float
    """Bytes a second that are read from the second-level cache."""

    @property
    def dense(self) -> float:
        """Achieved share of the SGEMM peak over the whole call."""
        return self.work.operations / self.seconds / self.peak

    @property
    def events(self) -> float:
        """Achieved share of the memory bandwidth over the whole call; above 1 where weights come from a cache."""
        return self.work.event_bytes / self.seconds / self.memory

    @property
    def rest(self) -> float:
        """The share of the call that neither products at peak nor rows of weights from the cache nor the optimizer at
        memory speed would take."""
        ideal = self.work.operations / self.peak + self.work.event_bytes / self.cache
        return max(0.0, 1 - (ideal + self.work.optimizer_bytes / self.memory) / self.seconds)

    @property
    def nanoseconds(self) -> float:
        """What that rest is, per neuron and step (forward and backward are two)."""
        return 1e9 * self.rest * self.seconds / self.work.neuron_steps


def limit(rows: Rows, what: str, threads: int) -> float | None:
    """The median of a probe; of SGEMM the faster library."""
    found = [
        entry["median"] * 1e9
        for row in rows.of_kind("machine")
        for entry in row["limits"]
        if entry["what"].startswith(what) and entry["threads"] == threads
    ]
    return max(found, default=None)


def our_run(rows: Rows, case: str, mode: str, width: int, spikes: float) -> Row | None:
    """The middle of our runs of a case."""
    runs = [
        row["ours"]
        for row in rows.of_kind("pair")
        if (row["case"], row["mode"], row["width"], row["input_spikes"]) == (case, mode, width, spikes)
    ]
    return sorted(runs, key=lambda run: run["seconds"])[len(runs) // 2] if runs else None


def places(rows: Rows) -> Iterator[Place]:
    """A, B and G, training and inference, where all that is needed was measured."""
    cases = [(case, 0, 0.0) for case in "ab"] + [("g", width, p) for width in WIDTHS for p in ACTIVITIES]
    for case, width, spikes in cases:
        network = layers(case, rows, width, spikes)
        for mode in ("train", "inference"):
            run = our_run(rows, case, mode, width, spikes)
            if run is None or network is None:
                continue
            limits = [limit(rows, what, run["threads"]) for what in ("sgemm", MEMORY, CACHE)]
            if None in limits:
                continue
            task = TASKS[case]
            done = work(network, task.batch, task.steps, mode == "train", adam=case != "g")
            inputs = f", n={width}, {f'{100 * spikes:g} % spikes' if spikes else 'dense'}" if width else ""
            yield Place(f"{case.upper()}{inputs}, {mode}", run["seconds"], done, *limits)
