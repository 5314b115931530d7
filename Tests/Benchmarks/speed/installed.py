"""What a library costs to have: the size of what was installed for it, and a fresh process that imports it."""

from __future__ import annotations

import importlib.metadata as metadata
import os
import re
from typing import Any

from . import paths

MODULES = {
    "spikingjelly": "spikingjelly.activation_based.neuron, spikingjelly.activation_based.layer",
    "norse": "norse.torch",
    "sinabs": "sinabs.layers",
}
"""What a user of a library imports to build a layer, where it is not the library's name."""


def with_requirements(name: str, found: dict[str, metadata.Distribution]) -> dict[str, metadata.Distribution]:
    """A package and all that it needs, by name."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        from pip._vendor.packaging.requirements import Requirement
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key in found:
        return found
    try:
        found[key] = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return found
    for line in found[key].requires or []:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            with_requirements(requirement.name, found)
    return found


def installed_bytes(name: str) -> int:
    """Of a package and all that it needs beside numpy, as its installation recorded them."""
    found = with_requirements(name, {})
    if name != "numpy":
        found.pop("numpy", None)
    total = 0
    for distribution in found.values():
        for file in distribution.files or []:
            try:
                total += os.path.getsize(distribution.locate_file(file))
            except OSError:  # recorded, but removed since
                pass
    return total


def our_bytes() -> int:
    """Of what a wheel of this library installs: the shared library and the Python package."""
    files = [path for path in paths.PACKAGE.rglob("*") if path.suffix in (".py", ".typed")]
    return paths.LIBRARY.stat().st_size + sum(path.stat().st_size for path in files)


def import_code(name: str) -> str:
    return f"import {MODULES.get(name, name)}"


def package_facts(name: str) -> dict[str, Any]:
    found = with_requirements(name, {})
    return {"version": metadata.version(name), "packages": len(found), "installed_bytes": installed_bytes(name)}


OURS = """
import numpy, snn
neuron = snn.LIF(decay="factor", beta=0.9)
network = snn.Network(input=784, steps=25, layers=[snn.Dense(1000, neuron=neuron), snn.Dense(10, neuron=neuron)])
network.predict(numpy.zeros((1, 784), numpy.float32))
"""
"""Our whole first answer; peers are only asked to be imported."""
