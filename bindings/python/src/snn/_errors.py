"""One exception class per status of the library. The message is the library's sentence: the law and the value."""

from __future__ import annotations

from . import _declarations as c


class LibraryError(ImportError):
    """libsnn was not found, or is not the one this package was made for."""


class SnnError(Exception):
    """Whatever the library refused; `status` is the code of snn.h."""

    status: int = 0

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        if status is not None:
            self.status = status


class ArgumentError(SnnError, ValueError):
    """An argument that makes no sense, such as an empty batch."""

    status = c.SNN_E_ARGUMENT


class ShapeError(SnnError, ValueError):
    """Sizes that do not fit together."""

    status = c.SNN_E_SHAPE


class UnknownNameError(SnnError, LookupError):
    """A model, layer, tensor, parameter or key that nobody knows; the sentence lists those that are known."""

    status = c.SNN_E_UNKNOWN_NAME


class ParameterError(SnnError, ValueError):
    """A parameter outside its range."""

    status = c.SNN_E_PARAMETER


class DocumentError(SnnError, ValueError):
    """JSON that does not parse, or a field of the wrong type."""

    status = c.SNN_E_DOCUMENT


class FileError(SnnError, OSError):
    """A file that cannot be opened, read, written or renamed."""

    status = c.SNN_E_FILE


class CorruptError(SnnError, ValueError):
    """A file that was read but is truncated or damaged."""

    status = c.SNN_E_CORRUPT


class DataMissingError(SnnError, FileNotFoundError):
    """A data set that is not there; the sentence says where it was sought."""

    status = c.SNN_E_DATA_MISSING


class StateError(SnnError, RuntimeError):
    """A call that is right, but not now."""

    status = c.SNN_E_STATE


class NotSupportedError(SnnError, NotImplementedError):
    """A combination this version refuses, by name."""

    status = c.SNN_E_NOT_SUPPORTED


class NotFiniteError(SnnError, ValueError):
    """NaN or infinity where a finite number is needed."""

    status = c.SNN_E_NOT_FINITE


class MemoryLimitError(SnnError, MemoryError):
    """Memory was refused, or a byte budget would be exceeded."""

    status = c.SNN_E_MEMORY


class ProcessorError(SnnError, RuntimeError):
    """The processor lacks an instruction set the library was built for."""

    status = c.SNN_E_PROCESSOR


class Cancelled(SnnError):
    """A progress callback asked to stop; everything is as it was after the last complete epoch."""

    status = c.SNN_E_CANCELLED


class PluginError(SnnError, RuntimeError):
    """A plugin was refused, or one of its functions failed."""

    status = c.SNN_E_PLUGIN


pending_cause: BaseException | None = None
"""What a neuron defined in Python raised, until the call that it ended comes back."""

_classes: dict[int, type[SnnError]] = {kind.status: kind for kind in SnnError.__subclasses__()}


def error(status: int, message: str) -> SnnError:
    """The exception of a status; of a newer library's, the base class."""
    global pending_cause
    problem = _classes.get(status, SnnError)(message, status)
    if status == c.SNN_E_PLUGIN:
        problem.__cause__, pending_cause = pending_cause, None
    return problem
