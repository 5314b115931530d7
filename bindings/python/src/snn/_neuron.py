"""Neuron models of your own: from a shared object, or as Python functions over rows of neurons.

The contract is that of Include/snn_plugin.h: every argument of a function means what its name says.
"""

from __future__ import annotations

import ctypes
import importlib
import math
from collections.abc import Callable, Mapping
from os import PathLike, fspath
from typing import Any, NamedTuple

import numpy as np

from . import _errors
from ._description import Neuron
from ._errors import ArgumentError, SnnError
from ._library import lib

_ABI = 1
_ABOVE_LOW, _BELOW_HIGH, _INTEGER, _REQUIRED = 1, 2, 4, 8


class _Host(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("abi", ctypes.c_uint32),
        ("version", ctypes.c_char_p),
        ("allocate", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_size_t)),
        ("release", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        ("random", ctypes.c_void_p),
        ("log", ctypes.CFUNCTYPE(None, ctypes.c_int32, ctypes.c_char_p)),
    ]


class _Function(ctypes.Structure):
    _fields_ = [("address", ctypes.c_void_p), ("signature", ctypes.c_char_p)]


class _State(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("start", ctypes.c_double), ("meaning", ctypes.c_char_p)]


class _Parameter(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("unit", ctypes.c_char_p),
        ("initial", ctypes.c_double),
        ("low", ctypes.c_double),
        ("high", ctypes.c_double),
        ("flags", ctypes.c_uint32),
        ("meaning", ctypes.c_char_p),
    ]


class _NeuronDescriptor(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("name", ctypes.c_char_p),
        ("summary", ctypes.c_char_p),
        ("states", ctypes.POINTER(_State)),
        ("state_count", ctypes.c_size_t),
        ("parameters", ctypes.POINTER(_Parameter)),
        ("parameter_count", ctypes.c_size_t),
        ("rest", _Function),
        ("step", _Function),
        ("adjoint", _Function),
    ]


class _Plugin(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("abi", ctypes.c_uint32),
        ("name", ctypes.c_char_p),
        ("neurons", ctypes.POINTER(ctypes.POINTER(_NeuronDescriptor))),
        ("neuron_count", ctypes.c_size_t),
    ]


class NeuronModel:
    """A neuron model that was defined here: call it with parameters where a layer wants a neuron."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, **parameters: Any) -> Neuron:
        return Neuron(self.name, **parameters)

    def __repr__(self) -> str:
        return f"NeuronModel({self.name!r})"


# Code and descriptors that the library points to, by the name of the neuron. A network may outlive the definition it was
# made with, so nothing is ever let go.
class _Definition(NamedTuple):
    kept: list[Any]
    register: Callable[[], object]


_defined: dict[str, _Definition] = {}
_kept: list[_Definition] = []


def load_plugin(path: str | PathLike[str]) -> None:
    """Loads the neurons of a shared object for the rest of the process; see docs/foreign-neurons.md."""
    lib.snn_plugin_load(fspath(path).encode())


def define_neuron(
    name: str,
    *,
    step: Callable[..., Any] | None = None,
    adjoint: Callable[..., Any] | None = None,
    rest: Callable[..., Any] | None = None,
    states: Mapping[str, float] | None = None,
    parameters: Mapping[str, float | Mapping[str, Any]] | None = None,
    summary: str | None = None,
    compile: bool = False,
    text: str | None = None,
) -> NeuronModel:
    """Defines a neuron model; a name defined here before is taken over.

    Either by `text`, its equations (docs/equations.md) and nothing else, or by functions over rows of neurons.

    `step`, `adjoint` and `rest` take numpy arrays of float32 and numbers, each by the name that
    Include/snn_plugin.h gives it: `current`, a state, `spike`, `distance`, `slope`, `d_current`, a parameter, `dt`. What
    they compute they write into the arrays (`spike[:] = ...`). A function that takes `steps` gets whole windows, arrays
    of [steps, neurons]. Without `adjoint` the neuron serves inference only.

    `states` gives each state's value at rest. `parameters` gives each parameter's default, or a mapping of `default`,
    `unit`, `above`, `at_least`, `below`, `at_most`, `integer`, `meaning`. With `compile` the functions are compiled by
    Numba, which must be installed; without, each call holds the interpreter's lock.

    An exception in a function ends the call of the library with PluginError, whose cause it is.
    """
    if text is not None:
        if step or adjoint or rest or states or parameters or summary or compile:
            raise ArgumentError("a neuron is defined by its text or by functions, not by both")
        encoded = name.encode(), text.encode()
        _take(name, [encoded], lambda: lib.snn_plugin_define(*encoded))
        return NeuronModel(name)
    if step is None:
        raise ArgumentError("a neuron needs a function step, or a text")
    import inspect  # here, as importing it takes long and most programs define no neuron

    states = dict(states or {})
    described = {key: _parameter(key, value) for key, value in (parameters or {}).items()}
    doc = summary or inspect.getdoc(step) or "A neuron defined in Python."
    kept: list[Any] = []
    functions = {
        place: _function(place, function, states, described, compile, kept)
        for place, function in [("rest", rest), ("step", step), ("adjoint", adjoint)]
    }
    state_rows = (_State * len(states))(*[_State(k.encode(), v, b"a state") for k, v in states.items()])
    parameter_rows = (_Parameter * len(described))(*described.values())
    descriptor = _NeuronDescriptor(
        struct_size=ctypes.sizeof(_NeuronDescriptor),
        name=name.encode(),
        summary=" ".join(doc.split("\n\n")[0].split()).encode(),
        states=state_rows,
        state_count=len(states),
        parameters=parameter_rows,
        parameter_count=len(described),
        **functions,
    )
    neurons = (ctypes.POINTER(_NeuronDescriptor) * 1)(ctypes.pointer(descriptor))
    identifier = name.split(".")[0].encode()
    plugin = _Plugin(ctypes.sizeof(_Plugin), _ABI, identifier, neurons, 1)
    kept += [functions, state_rows, parameter_rows, descriptor, neurons, plugin]
    _take(name, kept, lambda: lib.snn_plugin_register(ctypes.addressof(plugin)))
    return NeuronModel(name)


def _take(name: str, kept: list[Any], register: Callable[[], object]) -> None:
    """Registers a neuron in place of one of the same name; where that fails, the one before is back."""
    before = _defined.get(name)
    if before is not None:
        lib.snn_plugin_remove(name.split(".")[0].encode())
    try:
        register()
    except SnnError:
        if before is not None:
            before.register()
        raise
    if before is not None:
        _kept.append(before)
    _defined[name] = _Definition(kept, register)


def _parameter(name: str, value: float | Mapping[str, Any]) -> _Parameter:
    given = dict(value) if isinstance(value, Mapping) else {"default": value}
    known = {"default", "unit", "above", "at_least", "below", "at_most", "integer", "meaning"}
    if unknown := given.keys() - known:
        raise ArgumentError(f"parameter {name}: unknown {sorted(unknown)}; known: {', '.join(sorted(known))}")
    for one, other in [("above", "at_least"), ("below", "at_most")]:
        if one in given and other in given:
            raise ArgumentError(f"parameter {name}: {one} and {other} exclude each other")
    flags = _INTEGER if given.get("integer") else 0
    flags |= 0 if "default" in given else _REQUIRED
    flags |= (_ABOVE_LOW if "above" in given else 0) | (_BELOW_HIGH if "below" in given else 0)
    limit = 2.0**53 if flags & _INTEGER else math.inf
    return _Parameter(
        name.encode(),
        str(given.get("unit", "1")).encode(),
        float(given.get("default", 0)),
        float(given.get("above", given.get("at_least", -limit))),
        float(given.get("below", given.get("at_most", limit))),
        flags,
        str(given.get("meaning", "a parameter")).encode(),
    )


class _Argument:
    """One argument of a function: what Python gets for it, and how C declares it."""

    def __init__(self, name: str, place: str, states: Mapping[str, float], parameters: Mapping[str, Any]) -> None:
        self.name = name
        self.is_number = name in parameters or name in ("n", "steps", "dt")
        written = {
            "rest": set(states),
            "step": {*states, "spike", "sent", "distance", "potential"},
            "adjoint": {"d_current", *(f"d_{state}" for state in states)},
        }[place]
        self.is_written = name in written
        # Arrays of a whole window have an axis of steps, those of a state never.
        self.is_state = name in states or name.removeprefix("d_") in states
        count = name in ("n", "steps")
        self.declaration = (
            f"{'size_t' if count else 'float'} {name}"
            if self.is_number
            else f"{'' if self.is_written else 'const '}float *{name}"
        )
        self.ctype: Any = ctypes.c_size_t if count else ctypes.c_float if self.is_number else ctypes.c_void_p


def _function(
    place: str,
    function: Callable[..., Any] | None,
    states: Mapping[str, float],
    parameters: Mapping[str, Any],
    compile: bool,
    kept: list[Any],
) -> _Function:
    if function is None:
        return _Function()
    import inspect

    names = list(inspect.signature(function).parameters)
    wanted = [_Argument(name, place, states, parameters) for name in names]
    taken = [argument for argument in wanted if argument.name not in ("n", "steps")]
    steps = [_Argument("steps", place, states, parameters)] if "steps" in names else []
    taken = [_Argument("n", place, states, parameters), *steps, *taken]
    code = _compiled(function, wanted, taken) if compile else _interpreted(function, wanted, taken)
    host = "" if compile else ", const snn_host *host"
    result = "void" if compile else "int32_t"
    signature = f"{result}({', '.join(argument.declaration for argument in taken)}{host})".encode()
    kept += [code, signature]
    address = code.address if compile else ctypes.cast(code, ctypes.c_void_p).value
    return _Function(address, signature)


def _interpreted(function: Callable[..., Any], wanted: list[_Argument], taken: list[_Argument]) -> Any:
    """A C function that makes arrays of the rows and calls `function`."""
    has_steps = any(argument.name == "steps" for argument in taken)

    def call(*values: Any) -> int:
        try:
            given = {argument.name: value for argument, value in zip(taken, values)}
            n = given["n"]
            for argument in taken:
                if argument.is_number:
                    continue
                shape = (given["steps"], n) if has_steps and not argument.is_state else (n,)
                memory = (ctypes.c_float * math.prod(shape)).from_address(given[argument.name])
                row = np.frombuffer(memory, dtype=np.float32).reshape(shape)
                row.flags.writeable = argument.is_written
                given[argument.name] = row
            function(*(given[argument.name] for argument in wanted))
            return 0
        except BaseException as problem:  # it must not leave through C
            _errors.pending_cause = problem
            host = ctypes.cast(values[-1], ctypes.POINTER(_Host)).contents
            host.log(0, f"{type(problem).__name__}: {problem}".encode())
            return 1

    return ctypes.CFUNCTYPE(ctypes.c_int32, *(argument.ctype for argument in taken), ctypes.c_void_p)(call)


def _compiled(function: Callable[..., Any], wanted: list[_Argument], taken: list[_Argument]) -> Any:
    """A C function compiled by Numba."""
    try:
        numba: Any = importlib.import_module("numba")
    except ImportError as problem:
        raise ImportError("compile=True needs Numba: pip install numba") from problem
    row = numba.types.CPointer(numba.types.float32)
    kinds = {ctypes.c_size_t: numba.types.uintp, ctypes.c_float: numba.types.float32, ctypes.c_void_p: row}
    has_steps = any(argument.name == "steps" for argument in taken)

    def expression(argument: _Argument) -> str:
        if argument.is_number:
            return argument.name
        shape = "(steps, n)" if has_steps and not argument.is_state else "(n,)"
        return f"carray({argument.name}, {shape})"

    # Numba wants a function whose arguments have names, so one is written out; the names were checked by Python itself.
    names = ", ".join(argument.name for argument in taken)
    source = f"def call({names}):\n    body({', '.join(map(expression, wanted))})\n"
    scope = {"body": numba.njit(function), "carray": numba.carray}
    exec(source, scope)  # noqa: S102
    return numba.cfunc(numba.types.void(*(kinds[argument.ctype] for argument in taken)))(scope["call"])
