"""A spiking network."""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from json import loads
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._change import changed_document
from ._conversion import ConversionReport, take_conversion
from ._convert import document, given, pointer, signed, string, unsigned
from ._dataset import Dataset, as_dataset
from ._description import Choice, Layer, Stage, layers_json
from ._errors import ShapeError, StateError
from ._events import Events, Inputs, arguments
from ._handle import Handle, Owner, Tensors, view
from ._library import lib, text
from ._progress import Callback, watched
from ._recording import Recording
from ._report import take_report, take_text
from ._session import Session


class Node(NamedTuple):
    """A layer, or a group of stages."""

    name: str
    neurons: int
    """The neurons or values it sends."""
    spikes: bool
    """Whether it spikes."""


class Network(Handle):
    """A spiking network.

        network = snn.Network(
            input=(1, 28, 28),
            steps=25,
            layers=[
                snn.Flatten(),
                snn.Dense(1000, neuron=snn.LIF(tau_mem=10), name="hidden"),
                snn.Dense(10, neuron=snn.LIF(tau_mem=10), name="out"),
            ],
            seed=1,
        )
        network.fit(x, y, epochs=5)
        scores = network.predict(x_test)

    Inputs are anything numpy understands. The first axis is the batch and a sample's values follow in the order
    channels, height, width; frames come before them where the coding takes frames. An array of one axis is one sample.
    C-contiguous float32 is used without a copy. Where the coding is "events" or "frames", inputs may be `Events`.
    """

    _noun = "network"

    def __init__(
        self,
        *,
        input: int | Sequence[int],
        layers: Iterable[Layer | Stage | Mapping[str, Any]],
        steps: int | None = None,
        dt: float | None = None,
        coding: Choice | None = None,
        readout: Choice | None = None,
        name: str | None = None,
        seed: int = 0,
    ) -> None:
        """What is not given takes the library's default (`json` shows them all); `seed` draws the weights.

        input: a number of values, or (channels, height, width). steps: time steps of a window. dt: ms of a step.
        """
        shape = list(input) if isinstance(input, Iterable) else [input]
        description = given(
            name=name,
            input={"shape": shape},
            steps=steps,
            dt=dt,
            coding=coding,
            layers=layers_json(layers),
            readout=readout,
        )
        self._adopt(self._create(description, seed))

    @classmethod
    def from_json(cls, json: str | Mapping[str, Any], seed: int = 0) -> Network:
        """A network from its JSON document (docs/network.md), as text or as a dictionary; `seed` draws the weights."""
        return cls._adopted(cls._create(json, seed))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Network:
        """A network from a file that `Network.save`, `Trainer.save` or the program `snn` wrote."""
        out = ctypes.c_void_p()
        lib.snn_network_load(string(path, "path"), ctypes.byref(out))
        return cls._adopted(out)

    @staticmethod
    def _create(description: str | Mapping[str, Any], seed: int) -> ctypes.c_void_p:
        out = ctypes.c_void_p()
        lib.snn_network_create(document(description), unsigned(seed, "seed"), ctypes.byref(out))
        return out

    @classmethod
    def _adopted(cls, out: ctypes.c_void_p, threads: int = 0) -> Network:
        self = cls.__new__(cls)
        self._adopt(out, threads)
        return self

    def _adopt(self, out: ctypes.c_void_p, threads: int = 0) -> None:
        self._owner = Owner(out.value, lib.snn_network_free)
        self._threads = threads
        self._conversion: ConversionReport | None = None
        sizes = [ctypes.c_size_t() for _ in range(3)]
        self._call(lib.snn_network_sizes, *map(ctypes.byref, sizes))
        self._inputs, self._outputs, self._steps = (size.value for size in sizes)
        self._nodes = tuple(self._read_nodes())

    def _read_nodes(self) -> Iterable[Node]:
        count = ctypes.c_size_t()
        self._call(lib.snn_network_node_count, ctypes.byref(count))
        for index in range(count.value):
            name, neurons, spikes = ctypes.c_char_p(), ctypes.c_size_t(), ctypes.c_int32()
            self._call(lib.snn_network_node, index, ctypes.byref(name), ctypes.byref(neurons), ctypes.byref(spikes))
            yield Node(text(name.value), neurons.value, spikes.value != 0)

    # ---------------------------------------------------------------- what it is

    @property
    def inputs(self) -> int:
        """Values of one sample."""
        return self._inputs

    @property
    def outputs(self) -> int:
        """Scores of one sample."""
        return self._outputs

    @property
    def steps(self) -> int:
        """Time steps of one window."""
        return self._steps

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Layers and groups of stages, in their order."""
        return self._nodes

    @property
    def json(self) -> str:
        """The network's document, defaults filled in."""
        owner = self._alive()
        with owner.lock:
            return take_text(lib.snn_network_json, owner.pointer)

    @property
    def seed(self) -> int:
        """What drew the weights; predictions draw random codings and jitter from it."""
        number = ctypes.c_uint64()
        self._call(lib.snn_network_seed, ctypes.byref(number))
        return number.value

    @property
    def threads(self) -> int:
        """How many threads calls use; 0 is one a core. Results do not depend on it."""
        return self._threads

    @threads.setter
    def threads(self, count: int) -> None:
        self._call(lib.snn_network_set_threads, signed(count, "threads", 32))
        self._threads = count

    @property
    def tensors(self) -> Tensors:
        """Trainable tensors by name, "hidden.weight", as writable views: nothing is copied, writing changes the
        network. A view stays valid as long as somebody holds it. Do not write while a call uses the network."""
        owner = self._alive()
        count = ctypes.c_size_t()
        self._call(lib.snn_network_tensor_count, ctypes.byref(count))
        views = {}
        for index in range(count.value):
            name, rank = ctypes.c_char_p(), ctypes.c_size_t()
            values = ctypes.POINTER(ctypes.c_float)()
            shape = ctypes.POINTER(ctypes.c_int64)()
            self._call(
                lib.snn_network_tensor,
                index,
                ctypes.byref(name),
                ctypes.byref(values),
                ctypes.byref(shape),
                ctypes.byref(rank),
            )
            address = ctypes.addressof(values.contents)
            views[text(name.value)] = view(owner, address, shape[: rank.value], np.float32, writable=True)
        return Tensors(views, "tensor")

    def changed(self, changes: Mapping[str, Any]) -> Network:
        """A network with the same weights, buffers and seed behind a changed description; this one stays as it is.

            noisy = network.changed({"*.neuron.jitter": 0.1, "hidden.window": 8})

        Paths are those of `snn eval --set`: LAYER.neuron.PARAMETER, LAYER.connection.PARAMETER, LAYER.STAGE.PARAMETER
        (a stage by its kind), coding.PARAMETER, readout.PARAMETER, or LAYER.BUFFER; the layer * is every one that has
        it. Tensors must keep their shapes.
        """
        mine = self.tensors
        description, buffers = changed_document(loads(self.json), mine, changes)
        result = Network.from_json(description, seed=self.seed)
        result.threads = self.threads
        for name, tensor in result.tensors.items():
            if name in mine:
                if tensor.shape != mine[name].shape:
                    raise ShapeError(
                        f"a change must leave {name} its shape {list(mine[name].shape)}, "
                        f"it would be {list(tensor.shape)}"
                    )
                tensor[...] = mine[name]
            if name in buffers:
                tensor[...] = buffers[name]
        return result

    def convert(
        self,
        to: str,
        data: Dataset | Inputs,
        y: ArrayLike | None = None,
        *,
        steps: int | None = None,
        percentile: float | None = None,
        margin: float | None = None,
        tolerance: float | None = None,
        spike_price: float | None = None,
        shift: float | None = None,
        low: float | None = None,
        high: float | None = None,
        report_samples: int | None = None,
        allowed_loss: float | None = None,
        page: str | os.PathLike[str] | None = None,
        progress: bool = True,
        callback: Callback | None = None,
    ) -> Network:
        """A network that computes the same with other neurons: an analog one as spikes, or back; this one stays as it is.

            spiking = network.convert("fs", train, steps=10)
            print(spiking.evaluate(test)["accuracy"], spiking.conversion.enough_steps)

        to: "fs", few spikes; "if", rates; "ttfs", spike times; "relu", from spike times to analog units. `data` is what
        ranges, thresholds and windows are fitted to: a Dataset, or inputs with labels `y`. steps: bits of a code (fs), or
        steps that a rate is a mean over (if). percentile, margin: per cent of the activations that there is room for, and
        room above; without them codes and rates differ little from the activations, by a mean square of at most `tolerance`
        (fs: 3e-5, if: 0) times theirs: more of it, fewer spikes. spike_price (fs): codes of each layer's own instead of
        binary ones, for which a spike costs such a share of the mean square, 0.05 say. shift: added to currents in units of
        the last bit (fs). low, high: values of the input that stay silent and spike at once (ttfs).

        `conversion` of the result is the report on the first `report_samples` samples (0: none), with the steps that are
        enough for `allowed_loss` points of accuracy, 0..1; `page` also writes it as an HTML page.
        """
        options = given(
            to=to,
            steps=steps,
            percentile=percentile,
            margin=margin,
            tolerance=tolerance,
            spike_price=spike_price,
            shift=shift,
            low=low,
            high=high,
            report_samples=report_samples,
            allowed_loss=allowed_loss,
            page=page,
        )
        owner = self._alive()
        data = as_dataset(data, y, self._outputs, self._window)
        samples = data._alive()
        converted, report = ctypes.c_void_p(), ctypes.c_void_p()

        def call(told: Any) -> None:
            lib.snn_network_convert(
                owner.pointer,
                document(options),
                samples.pointer,
                told,
                None,
                ctypes.byref(converted),
                ctypes.byref(report),
            )

        with owner.lock:
            watched(call, progress, callback)
        result = Network._adopted(converted, self._threads)
        result._conversion = take_conversion(report) if report else None
        return result

    @property
    def conversion(self) -> ConversionReport:
        """The report of the `convert` that made this network; StateError where there is none."""
        if self._conversion is None:
            raise StateError("the network must come from Network.convert with a report: report_samples must be >= 1")
        return self._conversion

    def _window(self) -> tuple[int, int]:
        """Steps of a window, neurons of a step."""
        return self._steps, math.prod(loads(self.json)["input"]["shape"])

    def __repr__(self) -> str:
        nodes = "".join(f" -> {node.name} {node.neurons}" for node in self._nodes)
        return f"<snn.Network: {self._inputs}{nodes}, {self._steps} steps{', closed' if self.closed else ''}>"

    # ---------------------------------------------------------------- inference

    @overload
    def predict(self, x: Inputs, results: str = "scores", *, first_sample: int = 0) -> NDArray[np.float32]: ...

    @overload
    def predict(
        self, x: Inputs, results: list[str] | tuple[str, ...], *, first_sample: int = 0
    ) -> dict[str, NDArray[np.float32]]: ...

    def predict(
        self, x: Inputs, results: str | list[str] | tuple[str, ...] = "scores", *, first_sample: int = 0
    ) -> NDArray[np.float32] | dict[str, NDArray[np.float32]]:
        """Per-sample results [batch, size] for inputs [batch, ...]: one name gives an array, several a dictionary.

        Names: "scores"; "probabilities", their softmax; "class", the winner; "spike_counts", spikes sent by each node.
        `first_sample` numbers the samples for random codings, so that one call for 128 samples and 128 calls for one
        give the same bits.
        """
        if isinstance(results, str):
            return self._results(x, [results], first_sample)[results]
        return self._results(x, list(results), first_sample)

    def _results(self, x: Inputs, names: list[str], first_sample: int) -> dict[str, NDArray[np.float32]]:
        inputs, batch, held = arguments(x)
        first = unsigned(first_sample, "first_sample")
        of_events = isinstance(x, Events)
        if names == ["scores"]:
            scores = np.empty((batch, self._outputs), np.float32)
            call = lib.snn_network_predict_events if of_events else lib.snn_network_predict
            self._call(call, *inputs, first, pointer(scores), scores.size)
            return {"scores": scores}
        arrays = {}
        for name in names:
            size = ctypes.c_size_t()
            self._call(lib.snn_network_result_size, string(name, "results"), ctypes.byref(size))
            arrays[name] = np.empty((batch, size.value), np.float32)
        count = len(arrays)
        targets = (ctypes.POINTER(ctypes.c_float) * count)()
        for index, array in enumerate(arrays.values()):
            targets[index] = ctypes.cast(array.ctypes.data, ctypes.POINTER(ctypes.c_float))
        self._call(
            lib.snn_network_predict_results_events if of_events else lib.snn_network_predict_results,
            *inputs,
            first,
            (ctypes.c_char_p * count)(*(string(name, "results") for name in arrays)),
            targets,
            (ctypes.c_size_t * count)(*(array.size for array in arrays.values())),
            count,
        )
        return arrays

    def evaluate(
        self,
        data: Dataset | Inputs,
        y: ArrayLike | None = None,
        *,
        progress: bool = False,
        callback: Callback | None = None,
    ) -> dict[str, Any]:
        """Runs every sample and reports accuracy, loss, spikes_per_neuron, synaptic_operations, samples_per_second and
        more, each node's under "nodes". `data` is a Dataset, or inputs or Events with labels `y`."""
        owner = self._alive()
        data = as_dataset(data, y, self._outputs, self._window)
        samples = data._alive()
        out = ctypes.c_void_p()
        with owner.lock:
            watched(
                lambda told: lib.snn_network_evaluate(owner.pointer, samples.pointer, told, None, ctypes.byref(out)),
                progress,
                callback,
            )
        return take_report(out)

    def record(
        self,
        x: Inputs,
        nodes: Sequence[str] | None = None,
        *,
        spikes: bool | None = None,
        potentials: bool | None = None,
        byte_budget: int | None = None,
        first_sample: int = 0,
    ) -> Recording:
        """Runs one window and records it: the spikes of every node, unless told otherwise. "input" names the encoded
        input. What would exceed the budget is refused (MemoryLimitError) before anything runs."""
        inputs, _, held = arguments(x)
        if isinstance(nodes, str):
            nodes = [nodes]
        chosen = None if nodes is None else list(nodes)
        request = given(nodes=chosen, spikes=spikes, potentials=potentials, byte_budget=byte_budget)
        out = ctypes.c_void_p()
        self._call(
            lib.snn_network_record_events if isinstance(x, Events) else lib.snn_network_record,
            *inputs,
            unsigned(first_sample, "first_sample"),
            document(request),
            ctypes.byref(out),
        )
        return Recording(out, [node.name for node in self._nodes] if chosen is None else chosen)

    def session(self, batch: int, *, first_sample: int = 0) -> Session:
        """`batch` independent streams at rest, one time step at a time."""
        out = ctypes.c_void_p()
        streams = unsigned(batch, "batch")
        self._call(lib.snn_session_create, streams, unsigned(first_sample, "first_sample"), ctypes.byref(out))
        return Session(out, streams, self._outputs, {node.name: node.neurons for node in self._nodes})

    # ---------------------------------------------------------------- training and files

    def fit(
        self,
        data: Dataset | Inputs,
        y: ArrayLike | None = None,
        *,
        epochs: int,
        rule: Choice | None = None,
        loss: Choice | None = None,
        optimizer: Choice | None = None,
        schedule: Choice | None = None,
        batch: int | None = None,
        memory_budget: int | None = None,
        reload_best: bool | None = None,
        seed: int = 0,
        progress: bool = True,
        callback: Callback | None = None,
    ) -> dict[str, Any]:
        """Trains for `epochs` epochs and reports loss, train_accuracy and more; see Trainer, which this makes."""
        from ._trainer import Trainer

        with Trainer(
            self,
            rule=rule,
            loss=loss,
            optimizer=optimizer,
            schedule=schedule,
            batch=batch,
            memory_budget=memory_budget,
            reload_best=reload_best,
            seed=seed,
        ) as trainer:
            return trainer.fit(data, y, epochs=epochs, progress=progress, callback=callback)

    def plan(
        self,
        *,
        batch: int | None = None,
        threads: int | None = None,
        mode: str | None = None,
        optimizer: Choice | None = None,
        loss: Choice | None = None,
        memory_budget: int | None = None,
        activity: float | Mapping[str, float] | None = None,
        input_activity: float | None = None,
    ) -> dict[str, Any]:
        """The memory that a call takes, told before anything runs: total_bytes, the peak above the idle process without
        inputs and results; block and slab, the samples a thread takes and those that pass all layers together; nodes,
        for each its weight_bytes, gradient_bytes, moment_bytes, activity_bytes and whether its currents are recomputed.

        mode: "train" or "inference". threads: those of the network unless given. activity, input_activity: the share of
        neurons that spike in a step, of all nodes or by node, and of inputs that are not zero. memory_budget: as for
        `Trainer`.
        """
        options = document(
            given(
                batch=batch,
                threads=threads,
                mode=mode,
                optimizer=optimizer,
                loss=loss,
                memory_budget=memory_budget,
                activity=activity,
                input_activity=input_activity,
            )
        )
        owner = self._alive()
        with owner.lock:
            plan: dict[str, Any] = loads(take_text(lib.snn_network_plan, owner.pointer, options))
        return plan

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes description and weights as one safetensors file; killed at any point it leaves the old file or the new
        one."""
        self._call(lib.snn_network_save, string(path, "path"))
