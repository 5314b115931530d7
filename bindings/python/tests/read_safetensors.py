"""The float32 tensors of a safetensors file."""

from __future__ import annotations

import json
import os
import pathlib

import numpy as np


def tensors(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    content = pathlib.Path(path).read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    result = {}
    for name, entry in json.loads(content[8:start]).items():
        if name != "__metadata__":
            assert entry["dtype"] == "F32", name
            first, last = entry["data_offsets"]
            result[name] = np.frombuffer(content[start + first : start + last], "<f4").reshape(entry["shape"])
    return result
