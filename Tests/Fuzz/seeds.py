"""Small valid inputs for every fuzz target, and the words of the library's languages.

    seeds.py FOLDER          FOLDER/<target>/* and FOLDER/words
"""

from __future__ import annotations

import gzip
import io
import json
import lzma
import re
import struct
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import snn

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted((ROOT / "recipes").glob("*.json"))
LARGEST = 20
"""What sizes in recipes shrink to, so that a try takes no time."""


def small(value: Any) -> Any:
    """The same document with small numbers."""
    if isinstance(value, dict):
        return {key: small(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [small(inner) for inner in value]
    return 7 if isinstance(value, int) and value > LARGEST else value


def neurons() -> Iterator[tuple[str, dict[str, Any]]]:
    """A network of every neuron model, right or refused."""
    for component in snn.plugins():
        if component.kind != "neuron":
            continue
        layer = {"connection": {"kind": "dense", "outputs": 3}, "neuron": {"model": component.name}}
        for readout in ("spike_count", "membrane"):
            document = {"input": {"shape": [6]}, "steps": 4, "layers": [layer, layer], "readout": readout}
            yield f"{component.name}-{readout}", document


def documents() -> Iterator[tuple[str, str, str]]:
    """Target, name and text of what is JSON."""
    for path in RECIPES:
        recipe = small(json.loads(path.read_text()))
        yield "recipes", path.name, "1" + json.dumps(recipe)
        yield "networks", path.name, json.dumps(recipe["network"])
        for number, stage in enumerate(recipe["stages"]):
            settings = json.dumps({key: value for key, value in stage.items() if key not in ("kind", "data")})
            if stage["kind"] == "convert":
                yield "conversions", f"{path.name}-{number}", settings
            else:
                yield "training", f"{path.name}-{number}-analog", "0" + settings
                yield "training", f"{path.name}-{number}-spiking", "1" + settings
    for name, network in neurons():
        yield "networks", name, json.dumps(network)
    yield "training", "plan", '1{"batch": 4, "threads": 2, "mode": "train", "memory_budget": 100, "activity": 0.2}'
    for name, request in {
        "fs": {"to": "fs", "steps": 4, "low": 0, "high": 2, "shift": 0.5, "allowed_loss": 0.1},
        "if": {"to": "if", "steps": 4, "percentile": 99, "report_samples": 5},
        "ttfs": {"to": "ttfs", "margin": 1.1, "report_samples": 5},
        "relu": {"to": "relu"},
    }.items():
        yield "conversions", name, json.dumps(request)
    yield "recipes", "annealing", '0{"function": "gelu", "low": -2, "high": 3, "moves": 5, "weighting": "importance"}'
    yield "recipes", "surrogate", '0{"function": "relu", "method": "surrogate", "comparison": "at_least", "seed": 3}'


def equations() -> Iterator[tuple[str, str, str]]:
    """Neurons as text, of the manual and of the shipped files."""
    manual = (ROOT / "docs" / "equations.md").read_text()
    blocks = re.findall(r"```\w*\n(.*?)```", manual, re.DOTALL) + re.findall(r"`([^`\n]{12,})`", manual)
    files = [path.read_text() for path in (ROOT / "bindings" / "plugins").glob("*.neuron")]
    for number, text in enumerate(blocks + files):
        yield "equations", str(number), text


def saved(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """Files of networks and of trainers."""
    path = folder / "seed.snn"
    for name, document in neurons():
        try:
            network = snn.Network.from_json(document, seed=1)
        except snn.SnnError:  # a neuron that needs more than its name
            continue
        network.save(path)
        yield "files", name, path.read_bytes()
        if name.startswith("lif"):
            snn.Trainer(network, batch=2).save(path)
            yield "files", f"{name}-trainer", path.read_bytes()
    path.unlink()


def data() -> Iterator[tuple[str, str, bytes]]:
    """Data sets of every format."""
    for name, write in (("stored", np.savez), ("deflated", np.savez_compressed)):
        file = io.BytesIO()
        inputs, labels = np.ones((3, 4)), np.arange(3)
        write(file, x_train=inputs, y_train=labels, x_test=inputs, y_test=labels)
        yield "data", name, b"\0\2" + file.getvalue()
    images = struct.pack(">IIII", 0x803, 2, 28, 28) + bytes(2 * 28 * 28)
    digits = struct.pack(">II", 0x801, 2) + bytes([1, 2])
    for choice, pair in enumerate(((images, digits), (gzip.compress(images), gzip.compress(digits)))):
        yield "data", f"idx-{choice}", bytes([1, choice]) + struct.pack("<H", len(pair[1])) + b"".join(pair)
    events = bytes([10, 12, 0x80, 0, 5, 33, 33, 0, 1, 0, 0, 240, 0x7F, 255, 255])
    yield "data", "events", b"\2\1" + events
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for digit in range(3):
            entry = tarfile.TarInfo(f"NMNIST/Train/{digit}/0000{digit + 1}.bin")
            entry.size = len(events)
            tar.addfile(entry, io.BytesIO(events))
    for check in (lzma.CHECK_NONE, lzma.CHECK_CRC64):
        yield "data", f"archive-{check}", b"\2\3" + lzma.compress(archive.getvalue(), check=check)


def words() -> set[str]:
    """Names of components, parameters and fields."""
    found = {word for component in snn.plugins() for word in (component.name, *(p.name for p in component.parameters))}
    for path in RECIPES:
        found |= set(re.findall(r'"([\w.]+)"', path.read_text()))
    for path in (ROOT / "docs").glob("*.md"):
        found |= set(re.findall(r'[`"]([a-z_][\w.]+)[`"]', path.read_text()))
    return found


def main() -> None:
    """Writes them."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for seeds in (documents(), equations(), saved(folder), data()):
        for target, name, content in seeds:
            (folder / target).mkdir(exist_ok=True)
            (folder / target / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    lines = (f'"{word}"\n"\\"{word}\\": "\n' for word in sorted(words()) if 1 < len(word) < 40)
    (folder / "words").write_text("".join(lines))


if __name__ == "__main__":
    main()
