"""The examples and the README's program run."""

from __future__ import annotations

import pathlib
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


def test_spike_times(tmp_path):
    picture = tmp_path / "spike_times.png"
    printed = run_python(str(PROJECT / "examples" / "spike_times.py"), str(picture))
    told = re.search(
        r"test accuracy ([\d.]+) %, ([\d.]+) spikes a neuron, certain after ([\d.]+) % of the latency of ([\d.]+)",
        printed,
    )
    assert told
    accuracy, spikes, share, latency = map(float, told.groups())
    assert accuracy >= 96.5 and spikes < 0.25 and 50 < share < 97 and 2 < latency < 10
    rough = re.search(r"weights of 5 bits ([\d.]+) %", printed)
    assert rough and 90 < float(rough[1]) < 100
    if "drew" in printed:
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_few_spikes(tmp_path):
    printed = run_python(str(PROJECT / "examples" / "few_spikes.py"), str(tmp_path / "conversion"))
    assert float(re.search(r"^analog: test accuracy ([\d.]+) %", printed, flags=re.MULTILINE)[1]) >= 97
    for name, steps, most in [("few spikes", 6, 1.5), ("rates", 64, 10)]:
        told = re.search(
            rf"{name}: test accuracy ([\d.]+) %, ([\d.]+) spikes a neuron, {steps} steps of which (\d+) are enough", printed
        )
        assert told and float(told[1]) >= 96.5 and 0 < float(told[2]) < most and 2 <= int(told[3]) <= steps
    for path in re.findall(r"drew (.*)", printed):
        assert pathlib.Path(path).read_bytes().startswith(b"\x89PNG")
    assert printed.count("correlation 0.99") == 6


def test_readme(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    programs = re.findall(r"```python\n(.*?)```", (PROJECT / "README.md").read_text(), flags=re.DOTALL)
    assert len(programs) == 3
    for program, least in zip(programs, [0.97, 0.96, 0.96]):
        assert float(run_python("-c", program)) >= least
    assert (tmp_path / "digits.snn").exists()


def test_own_neuron():
    for options in ([], ["--compile"]):
        printed = run_python(str(PROJECT / "examples" / "own_neuron.py"), *options)
        accuracy = re.search(r"([\d.]+)% of the test digits right", printed)
        assert accuracy and float(accuracy[1]) >= 93
