"""Long calls: what they tell while they run, and how they are stopped."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Optional

from . import _declarations as c
from ._errors import Cancelled


class Progress(NamedTuple):
    """Where a long call stands."""

    epoch: int
    """From 1; 0 during an evaluation."""
    epochs: int
    done: int
    """Samples of this epoch that are finished; of a conversion samples, moves or layers, in rounds with a total each."""
    total: int
    loss: float
    """Mean of this epoch so far; NaN where there is none."""
    accuracy: float
    """Mean of this epoch so far, 0..1; NaN where there is none."""
    samples_per_second: float
    """NaN where there is none."""


Callback = Callable[[Progress], Optional[object]]
"""Told about ten times a second and at the end of every epoch. A true result stops the call, which raises Cancelled; an
exception stops it, too, and comes out of the call. Either way the last complete epoch is what is left."""


class _Bar:
    """A tqdm bar over all epochs of a stage, and one for each evaluation."""

    def __init__(self, unit: str, name: str | None) -> None:
        self._unit = unit
        self._name = name
        self._bar: Any = None
        self._key: tuple[object, ...] = ()

    def show(self, news: Progress) -> None:
        before = max(0, news.epoch - 1) * news.total
        key = (news.epoch == 0, news.epochs, news.total)
        if self._bar is None or key != self._key or before + news.done < self._bar.n:
            self.close()
            self._key = key
            self._bar = self._open(news, before)
        if self._bar is None:
            return
        self._bar.set_description(self._title(news), refresh=False)
        numbers = {"loss": f"{news.loss:.4f}" if self._name is None else f"{news.loss:.2e}"} if math.isfinite(news.loss) else {}
        if math.isfinite(news.accuracy):
            numbers["accuracy"] = f"{100 * news.accuracy:.2f} %"
        self._bar.set_postfix(numbers, refresh=False)
        self._bar.update(before + news.done - self._bar.n)

    def _title(self, news: Progress) -> str:
        if self._name is not None:
            return self._name
        return f"epoch {news.epoch}/{news.epochs}" if news.epoch > 0 else "evaluating"

    def _open(self, news: Progress, before: int) -> Any:
        try:
            from tqdm.auto import tqdm  # type: ignore[import-untyped, unused-ignore]
        except ImportError:
            return None
        total = news.total * (news.epochs if news.epoch > 0 else 1)
        title = self._title(news)
        return tqdm(total=total, initial=before, unit=self._unit, unit_scale=True, dynamic_ncols=True, desc=title)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


@contextmanager
def _interrupts_kept(raised: list[BaseException]) -> Iterator[None]:
    """Ctrl-C during the call is noted instead of raised: an exception must not cross the library."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return

    def keep(number: int, frame: Any) -> None:
        try:
            before(number, frame)
        except BaseException as error:
            raised.append(error)

    signal.signal(signal.SIGINT, keep)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def watched(
    call: Callable[[Any], None],
    progress: bool,
    callback: Callback | None,
    *,
    unit: str = " samples",
    title: str | None = None,
) -> None:
    """Runs `call` with a callback for the library; what the callback raises, or Ctrl-C, comes out at the end.

    The bar counts `unit` under `title`, by default samples of epochs.
    """
    raised: list[BaseException] = []
    bar = _Bar(unit, title) if progress else None

    def told(_user: object, *numbers: Any) -> int:
        try:
            news = Progress(*numbers)
            if not raised and bar is not None:
                bar.show(news)
            if not raised and callback is not None and callback(news):
                return 1
        except BaseException as error:
            raised.append(error)
        return 1 if raised else 0

    function = c.snn_progress(told)
    try:
        with _interrupts_kept(raised):
            try:
                call(function)
            except Cancelled:
                if not raised:
                    raise
            finally:
                if bar is not None:
                    bar.close()
        if raised:
            raise raised[0]
    finally:
        raised.clear()  # the exception's frames refer to the list
