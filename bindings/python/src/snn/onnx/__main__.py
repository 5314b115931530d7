"""`python -m snn.onnx MODEL.onnx --out FILE`: an ONNX file becomes a network file of this library."""

from __future__ import annotations

import argparse
import sys

from .._errors import SnnError
from . import load


def main() -> int:
    """Converts one file; 1 where it is refused, with the reason."""
    parser = argparse.ArgumentParser(prog="python -m snn.onnx", description="Makes a network file of an ONNX file.")
    parser.add_argument("model", help="the ONNX file")
    parser.add_argument("--out", required=True, help="the network file to write, for `snn eval`, C and Python")
    parser.add_argument("--name", help="the network's name; by default the graph's")
    options = parser.parse_args()
    try:
        network = load(options.model, options.name)
        network.save(options.out)
    except (SnnError, ImportError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    weights = sum(tensor.size for tensor in network.tensors.values())
    print(f"{options.out}: {len(network.nodes)} layers, {weights} numbers, {network.outputs} scores")
    return 0


if __name__ == "__main__":
    sys.exit(main())
