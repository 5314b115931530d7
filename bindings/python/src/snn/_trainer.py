"""Training."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._convert import document, floats, given, is_integral, labels, pointer, signed, string, unsigned
from ._dataset import Dataset, as_dataset
from ._description import Choice
from ._errors import ArgumentError, StateError
from ._events import Events, Inputs, arguments
from ._handle import Handle, Owner, Tensors, view
from ._library import lib
from ._network import Network
from ._progress import Callback, watched
from ._report import take_report


class Trainer(Handle):
    """Changes the weights of a network: a loss, an optimizer and its moments.

        trainer = snn.Trainer(network, optimizer={"kind": "adam", "learning_rate": 1e-3}, batch=128, seed=1)
        trainer.fit(x, y, epochs=5)

    or, with a loop of one's own, `trainer.train_batch(x, y)` for each batch.
    """

    _noun = "trainer"

    def __init__(
        self,
        network: Network,
        *,
        rule: Choice | None = None,
        loss: Choice | None = None,
        optimizer: Choice | None = None,
        schedule: Choice | None = None,
        batch: int | None = None,
        epochs: int | None = None,
        memory_budget: int | None = None,
        reload_best: bool | None = None,
        seed: int = 0,
    ) -> None:
        """What is not given takes the library's default; `seed` drives shuffling, dropout, random codings and
        augmentation. The schedule is laid out over `epochs`, or over those that `fit` is asked for.

        memory_budget: bytes that training may take, as `Network.plan` counts them. Where it needs more, what large
        layers would keep for the way back is computed again; results do not depend on it.

        reload_best: with schedule={"kind": "milestones", "epochs": [...]}: `fit` goes back to the epoch with the lowest
        mean loss at every milestone, with fresh moments, and leaves the network at it."""
        self.network = network
        owner = network._alive()
        settings = given(
            rule=rule,
            loss=loss,
            optimizer=optimizer,
            schedule=schedule,
            batch=batch,
            epochs=epochs,
            memory_budget=memory_budget,
            reload_best=reload_best,
        )
        out = ctypes.c_void_p()
        network._call(lib.snn_trainer_create, document(settings), unsigned(seed, "seed"), ctypes.byref(out))
        self._owner = Owner(out.value, lib.snn_trainer_free, lock=owner.lock)
        self._shapes = {name: tensor.shape for name, tensor in network.tensors.items()}
        self._fitting = False

    def _call(self, function: Callable[..., int], *arguments: object) -> None:
        owner = self._alive()
        with owner.lock:
            if self._fitting:
                raise StateError("a trainer must not be used while its fit runs")
            function(owner.pointer, *arguments)

    def train_batch(self, x: Inputs, y: ArrayLike) -> float:
        """One optimizer step; returns the loss before it. Integers in `y` are labels: one a sample, or [batch, steps]
        where the loss is per step. Other numbers are target values [batch, outputs] or [batch, steps, outputs]."""
        return self._batch("snn_trainer_train_batch", x, y)

    def compute_gradients(self, x: Inputs, y: ArrayLike) -> float:
        """The first half of `train_batch`: fills `gradients`, moves nothing and returns the loss."""
        return self._batch("snn_trainer_gradients", x, y)

    def _batch(self, name: str, x: Inputs, y: ArrayLike) -> float:
        """Calls the form of the function `name` that takes these inputs and targets."""
        is_labels, is_events = is_integral(y), isinstance(x, Events)
        targets: NDArray[Any] = labels(y) if is_labels else floats(y, "targets")
        inputs, _, held = arguments(x)
        function = getattr(lib, name + ("" if is_labels else "_values") + ("_events" if is_events else ""))
        loss = ctypes.c_double()
        # Rows come with their count of values, then the targets, then the batch; events know their number.
        self._call(function, *inputs[:2], pointer(targets), targets.size, *inputs[2:], ctypes.byref(loss))
        return loss.value

    def apply(self) -> None:
        """The second half of `train_batch`: one optimizer step with the gradients as they are now."""
        self._call(lib.snn_trainer_apply)

    @property
    def gradients(self) -> Tensors:
        """Gradients by the names of the tensors, as writable views; they change with every batch.

        Until they are asked for, here or by `compute_gradients`, `train_batch` and `fit` keep none of a large layer."""
        owner = self._alive()
        views = {}
        for index, (name, shape) in enumerate(self._shapes.items()):
            values = ctypes.POINTER(ctypes.c_float)()
            try:
                with owner.lock:
                    lib.snn_trainer_gradient(owner.pointer, index, ctypes.byref(values), None)
            except ArgumentError:
                break  # buffers, which come last, have none
            views[name] = view(owner, ctypes.addressof(values.contents), shape, np.float32, writable=True)
        return Tensors(views, "gradient")

    def fit(
        self,
        data: Dataset | Inputs,
        y: ArrayLike | None = None,
        *,
        epochs: int,
        progress: bool = True,
        callback: Callback | None = None,
    ) -> dict[str, Any]:
        """Trains until `epochs` epochs are complete, those before a `resume` included, and reports loss,
        train_accuracy, seconds, samples_per_second and more.

        `data` is a Dataset, or inputs or Events with labels `y`. `progress` shows a bar where tqdm is installed.
        `callback` may look on, evaluate the network and stop the training. Stopped, by it or by Ctrl-C, network and
        trainer are as they were after the last complete epoch.
        """
        owner = self._alive()
        data = as_dataset(data, y, self.network.outputs, self.network._window)
        samples = data._alive()
        count = signed(epochs, "epochs")
        out = ctypes.c_void_p()

        def call(told: Any) -> None:
            lib.snn_trainer_fit(owner.pointer, samples.pointer, count, told, None, ctypes.byref(out))

        with owner.lock:
            if self._fitting:
                raise StateError("a trainer must not be used while its fit runs")
            self._fitting = True
            try:
                watched(call, progress, callback)
            finally:
                self._fitting = False
        return take_report(out)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes network, moments and counters, for `resume`; `Network.load` reads the file, too."""
        self._call(lib.snn_trainer_save, string(path, "path"))

    def resume(self, path: str | os.PathLike[str]) -> None:
        """Takes weights, moments, counters and seed from a file of `save`; training goes on to the bit as if never
        interrupted."""
        self._call(lib.snn_trainer_resume, string(path, "path"))

    def __repr__(self) -> str:
        return f"<snn.Trainer of {self.network!r}{', closed' if self.closed else ''}>"
