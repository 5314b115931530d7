"""`pip install ./bindings/python` into a clean virtual environment."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile

import pytest
from conftest import PROJECT

CHECK = """
import sys, snn
assert snn.library_path.startswith(sys.prefix), snn.library_path
network, report = snn.run("digits-lif", epochs=3)
assert report["accuracy"] > 0.8, report
print(snn.__version__)
"""
OFFLINE = ("NewConnectionError", "Temporary failure in name resolution", "No matching distribution", "ConnectTimeout")


def clean_environment(library: bool) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_"))}
    if not library:
        environment.pop("SNN_LIBRARY", None)
    return environment


def succeed(*command: str, library: bool = True) -> str:
    result = subprocess.run(
        command, env=clean_environment(library), cwd="/", capture_output=True, text=True, timeout=300
    )
    if result.returncode and any(sign in result.stderr for sign in OFFLINE):
        pytest.skip("no package index within reach: " + result.stderr.strip().splitlines()[-1])
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.slow
def test_a_wheel_carries_the_library_and_works_in_a_clean_environment(tmp_path):
    succeed(sys.executable, "-m", "venv", str(tmp_path / "venv"))
    python = str(tmp_path / "venv" / "bin" / "python")
    pip = (python, "-m", "pip", "--disable-pip-version-check", "-q")
    succeed(*pip, "wheel", "--no-deps", "-w", str(tmp_path), str(PROJECT))
    (wheel,) = tmp_path.glob("*.whl")
    assert "-py3-none-" in wheel.name and wheel.stat().st_size < 20e6
    names = set(zipfile.ZipFile(wheel).namelist())
    source = PROJECT / "src"
    sources = {str(path.relative_to(source)) for path in source.rglob("snn/**/*") if path.suffix in (".py", ".typed")}
    carried = {"snn/_lib/libsnn.so", "snn/_lib/LICENSE", "snn/_lib/third-party.md"}
    assert {name for name in names if not name.startswith("snn-")} == sources | carried
    succeed(*pip, "install", str(wheel))
    assert succeed(python, "-c", CHECK, library=False).count(".") == 2
