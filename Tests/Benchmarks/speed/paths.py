"""Where things are."""

from __future__ import annotations

import os
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "bench"
"""Probes, compiled peers and rows; can be deleted at any time."""
BYTECODE = BUILD / "bytecode"
"""Compiled modules: an installed package comes with them, so a fresh interpreter should not compile ours either."""
PROGRAM = Path(os.environ.get("SNN_PROGRAM", ROOT / "build" / "snn"))
LIBRARY = Path(os.environ.get("SNN_LIBRARY", ROOT / "build" / "libsnn.so"))
PACKAGE = ROOT / "bindings" / "python" / "src" / "snn"


class Failure(Exception):
    """Something that a user can do something about; its text says what."""
