"""`python -m snn.data import SET DIR [--out FILE]`."""

from __future__ import annotations

import argparse
import sys

from . import default_path, import_shd, import_spoken_digits

SETS = {"shd": import_shd, "spoken-digits": import_spoken_digits}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m snn.data", description="Make sets of events that recipes read.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("import", help="read a set as it is published and write it as one file")
    command.add_argument("set", choices=sorted(SETS))
    command.add_argument("dir", help="the folder that holds it as published")
    command.add_argument("--out", help="the file; without it, where `snn train` looks for the set")
    arguments = parser.parse_args()
    out = arguments.out or default_path(arguments.set)
    try:
        splits = SETS[arguments.set](arguments.dir, out)
    except (ImportError, OSError, ValueError, NotImplementedError) as problem:
        print(f"snn.data: {problem}", file=sys.stderr)
        return 1
    for name, split in splits.items():
        events = len(split.times) / max(1, len(split))
        print(f"{name}: {len(split):,} samples, {events:,.0f} events each on average")
    print(f"{arguments.set} is in {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
