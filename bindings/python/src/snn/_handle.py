"""Lifetime: who frees what the library made, and when."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ._errors import StateError, UnknownNameError

Self = TypeVar("Self", bound="Handle")


class Owner:
    """Frees an object of the library once nothing needs it: neither a Python object nor a view into its memory.

    `lock` makes calls from several Python threads wait for each other, as the library wants it; `keeps` are objects
    whose memory the library borrows.
    """

    __slots__ = ("pointer", "lock", "keeps", "__weakref__")

    def __init__(
        self, pointer: int | None, free: Callable[[int | None], None], lock: Any = None, keeps: tuple[object, ...] = ()
    ) -> None:
        self.pointer = pointer
        self.lock = threading.RLock() if lock is None else lock
        self.keeps = keeps
        finalizer = weakref.finalize(self, free, pointer)
        # At the end of the process another thread may still be inside a call; the system takes the memory back anyway.
        finalizer.atexit = False


class Handle:
    """A Python object that stands for one of the library's. A context manager; closing twice is allowed."""

    _noun = "object"
    _owner: Owner | None = None

    def _alive(self) -> Owner:
        """The owner; hold it in a variable while the library runs, so that nobody frees it meanwhile."""
        owner = self._owner
        if owner is None:
            raise StateError(f"the {self._noun} is closed")
        return owner

    def _call(self, function: Callable[..., int], *arguments: object) -> None:
        owner = self._alive()
        with owner.lock:
            function(owner.pointer, *arguments)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._owner is None

    def close(self) -> None:
        """Gives the memory back, as soon as no view needs it. Later calls raise StateError."""
        self._owner = None

    def __enter__(self: Self) -> Self:
        self._alive()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Memory:
    """Memory of the library as numpy sees it; the array made from it keeps this, and so the owner, alive."""

    def __init__(
        self, owner: Owner, address: int, shape: Sequence[int], dtype: type[np.generic], writable: bool
    ) -> None:
        self.owner = owner
        self.__array_interface__ = {
            "version": 3,
            "data": (address, not writable),
            "shape": tuple(shape),
            "typestr": np.dtype(dtype).str,
        }


def view(
    owner: Owner, address: int, shape: Sequence[int], dtype: type[np.generic], writable: bool = False
) -> NDArray[Any]:
    """An array over memory of the library, without copying."""
    return np.asarray(_Memory(owner, address, shape, dtype, writable))


class Tensors(Mapping[str, NDArray[np.float32]]):
    """Tensors by name, as views into the library's memory: nothing is copied, writing changes the library's values."""

    def __init__(self, views: dict[str, NDArray[np.float32]], noun: str) -> None:
        self._views = views
        self._noun = noun

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        try:
            return self._views[name]
        except KeyError:
            raise UnknownNameError(f"unknown {self._noun} '{name}'; known: {', '.join(self._views)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def __contains__(self, name: object) -> bool:
        return name in self._views

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{name}: {list(value.shape)}" for name, value in self._views.items()) + "}"
