"""How the library is found and checked."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from conftest import CHECKOUT, PROJECT, python_environment, run_python

import snn

LOAD = "import snn"


def fail_to_import(**environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", LOAD], env=python_environment(**environment), capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 1, result.stdout
    return result.stderr


def test_version_and_path():
    assert snn.__version__.count(".") == 2
    assert snn.__version__ in snn.build_info
    assert snn.library_path.endswith((".so", ".dylib"))


def test_an_import_takes_no_part_that_few_programs_enter():
    code = (
        "import sys, numpy; before = set(sys.modules); import snn; print(*sorted(set(sys.modules) - before)); "
        "assert {'fs', 'onnx', 'plot'} < set(dir(snn)); print(snn.fs.fit.__module__, snn.plot.__name__, snn.onnx.__name__)"
    )
    loaded, parts = run_python("-c", code).splitlines()
    assert "snn._network" in loaded.split()
    assert not {"dataclasses", "inspect", "snn.fs", "snn.onnx", "snn.plot"} & set(loaded.split())
    assert parts == "snn.fs snn.plot snn.onnx"
    with pytest.raises(AttributeError, match="module 'snn' has no attribute 'parrot'"):
        _ = snn.parrot


def test_a_missing_library_is_told_with_every_path_tried(tmp_path):
    path = str(tmp_path / "nowhere.so")
    message = fail_to_import(SNN_LIBRARY=path)
    assert "LibraryError" in message and f"{path} ($SNN_LIBRARY): not there" in message
    assert str(PROJECT / "src" / "snn" / "_lib") in message


def test_without_any_hint_checkout_and_system_are_tried(tmp_path):
    copy = tmp_path / "package" / "bindings" / "python" / "src" / "snn"
    shutil.copytree(PROJECT / "src" / "snn", copy, ignore=shutil.ignore_patterns("_lib", "__pycache__"))
    (tmp_path / "package" / "Include").mkdir()
    (tmp_path / "package" / "Include" / "snn.h").touch()
    message = fail_to_import(SNN_LIBRARY="", PYTHONPATH=str(copy.parent), LD_LIBRARY_PATH="")
    if "libsnn was not found" not in message:
        pytest.skip("libsnn is installed in this system")
    places = [str(copy / "_lib"), str(tmp_path / "package" / "build"), "system"]
    assert [place in message for place in places] == [True] * 3
    assert [message.index(place) for place in places] == sorted(message.index(place) for place in places)


def test_a_file_that_is_no_library_is_refused(tmp_path):
    path = tmp_path / "text.so"
    path.write_text("no library")
    assert "was not found" in fail_to_import(SNN_LIBRARY=str(path))


@pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler")
@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("int other;", "is not libsnn"),
        ("int snn_abi_version(void) { return 7; }", "must have ABI number 1, got 7"),
        ("int snn_abi_version(void) { return 1; }", "must have the function snn_version"),
    ],
)
def test_another_library_is_refused(tmp_path, source, sentence):
    (tmp_path / "stub.c").write_text(source)
    path = tmp_path / "libstub.so"
    subprocess.run(["cc", "-shared", "-fPIC", str(tmp_path / "stub.c"), "-o", str(path)], check=True)
    message = fail_to_import(SNN_LIBRARY=str(path))
    assert "LibraryError" in message and sentence in message


@pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler")
def test_another_processor_is_refused_at_import(tmp_path):
    stub = subprocess.run(
        [sys.executable, CHECKOUT / "Tests" / "CTests" / "make_stub.py", CHECKOUT / "Include" / "snn.h"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    stub = stub.replace("snn_abi_version(void) { return 0; }", "snn_abi_version(void) { return 1; }")
    stub = stub.replace("snn_check_processor(void) { return 0; }", "snn_check_processor(void) { return -13; }")
    stub = stub.replace("snn_last_error(void) { return 0; }", 'snn_last_error(void) { return "needs AVX2"; }')
    (tmp_path / "stub.c").write_text(stub)
    path = tmp_path / "libstub.so"
    include = str(CHECKOUT / "Include")
    subprocess.run(["cc", "-shared", "-fPIC", "-I", include, str(tmp_path / "stub.c"), "-o", str(path)], check=True)
    assert "ProcessorError: needs AVX2" in fail_to_import(SNN_LIBRARY=str(path))
