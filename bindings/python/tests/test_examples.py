"""The examples and the README's program run."""

from __future__ import annotations

import re

from conftest import PROJECT, run_python


def test_digits(tmp_path):
    printed = run_python(str(PROJECT / "examples" / "digits.py"), str(tmp_path / "digits.snn"))
    accuracy = re.search(r"test accuracy ([\d.]+) %", printed)
    assert accuracy and float(accuracy[1]) >= 97
    assert (tmp_path / "digits.snn").stat().st_size > 64 * 256 * 4


def test_streaming(tmp_path):
    picture = tmp_path / "raster.png"
    printed = run_python(str(PROJECT / "examples" / "streaming.py"), str(picture))
    assert "step 20:" in printed and "it is a" in printed
    if "drew" in printed:
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_readme(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    program = re.search(r"```python\n(.*?)```", (PROJECT / "README.md").read_text(), flags=re.DOTALL)
    assert program
    assert float(run_python("-c", program[1])) >= 0.97
    assert (tmp_path / "digits.snn").exists()
