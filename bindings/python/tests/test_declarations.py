"""The declarations are those of the header, and the library has every function."""

from __future__ import annotations

import ctypes
import re
import sys

from conftest import CHECKOUT, PROJECT

from snn import _declarations as declarations
from snn._library import lib

sys.path.insert(0, str(PROJECT / "tools"))
import generate_declarations  # noqa: E402

HEADER = (CHECKOUT / "Include" / "snn.h").read_text(encoding="utf-8")
CODE = re.sub(r"/\*.*?\*/", " ", HEADER, flags=re.DOTALL)


def test_the_declarations_are_what_the_header_gives():
    written = (PROJECT / "src" / "snn" / "_declarations.py").read_text(encoding="utf-8")
    assert written == generate_declarations.generate(HEADER), "run bindings/python/tools/generate_declarations.py"


def test_every_prototype_resolves_in_the_library_with_its_types():
    prototypes = dict(re.findall(r"\b(snn_\w+)\s*\(([^;{]*?)\)\s*;", CODE))
    functions = {name: text for name, text in prototypes.items() if not text.startswith("*")}
    assert functions.keys() == declarations.FUNCTIONS.keys()
    assert len(functions) > 50
    for name, parameters in functions.items():
        function = getattr(lib, name)
        result, arguments, is_status = declarations.FUNCTIONS[name]
        assert function.restype is result and tuple(function.argtypes) == arguments, name
        assert bool(getattr(function, "errcheck", None)) == is_status, name
        each = [] if parameters.strip() == "void" else parameters.split(",")
        assert len(arguments) == len(each), name
        for text, argument in zip(each, arguments):
            is_pointer = "*" in text
            is_declared_pointer = argument in (ctypes.c_void_p, ctypes.c_char_p) or hasattr(argument, "contents")
            assert is_pointer == is_declared_pointer or text.split()[0] == "snn_progress", f"{name}: {text}"


def test_the_types_of_a_few_functions_are_as_a_reader_of_the_header_expects():
    expected = {
        "snn_network_create": (ctypes.c_char_p, ctypes.c_uint64, ctypes.POINTER(ctypes.c_void_p)),
        "snn_network_set_threads": (ctypes.c_void_p, ctypes.c_int32),
        "snn_recording_spikes": (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.POINTER(ctypes.POINTER(ctypes.c_int16)),
            ctypes.POINTER(ctypes.c_float),
            ctypes.POINTER(ctypes.POINTER(ctypes.c_int64)),
        ),
    }
    for name, arguments in expected.items():
        assert declarations.FUNCTIONS[name][1] == arguments
    assert declarations.FUNCTIONS["snn_last_error"][0] is ctypes.c_char_p
    assert declarations.FUNCTIONS["snn_network_free"][0] is None


def test_every_status_of_the_header_has_its_own_exception():
    from snn import _errors

    codes = {name: value for name, value in vars(declarations).items() if name.startswith("SNN_E_")}
    assert len(codes) == len(set(codes.values())) == len(_errors._classes)
    for name, status in codes.items():
        assert lib.snn_status_string(status).decode() == name
        problem = _errors.error(status, "the sentence")
        assert type(problem).status == problem.status == status and str(problem) == "the sentence"
    assert _errors.error(-99, "of a newer library").status == -99
