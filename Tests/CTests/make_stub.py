#!/usr/bin/env python3
"""Writes a C library with the interface of snn.h whose functions do nothing.

    make_stub.py Include/snn.h > stub.c       the source; every function returns 0
    make_stub.py --names Include/snn.h        the functions, one a line
    make_stub.py --constants Include/snn.h    the constants and their values, one a line
    make_stub.py --structs Include/snn.h      the members of structs with their places and types, one a line

The debug information of a Swift library describes Swift, so an ABI checker sees no C types in it. In the stub it sees
every one, because a C compiler made it from the header.
"""

import pathlib
import re
import sys

# The version may change at any time; it is no part of the interface.
NOT_INTERFACE = re.compile(r"SNN_(H|API|VERSION_\w+)$")


def prototypes(header: str) -> list[tuple[str, str, str]]:
    """(result type, name, parameters) of every function, in the order of the header."""
    text = re.sub(r"/\*.*?\*/", " ", header, flags=re.DOTALL)
    text = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
    found = re.findall(r"SNN_API\s+([^;(]*?)(\bsnn_\w+)\s*\(([^;]*)\)\s*;", text)
    if len(found) != text.count("SNN_API"):
        sys.exit(f"make_stub.py reads {len(found)} of {text.count('SNN_API')} prototypes: write them as the others are")
    return [(result.strip(), name, " ".join(parameters.split())) for result, name, parameters in found]


def constants(header: str) -> list[tuple[str, int]]:
    """(name, value) of every integer constant of the interface."""
    found = re.findall(r"^#define[ ]+(SNN_\w+)[ ]+\(?(-?\w+)\)?", header, flags=re.MULTILINE)
    return [(name, int(value, 0)) for name, value in found if not NOT_INTERFACE.match(name)]


def structs(header: str) -> list[str]:
    """"NAME PLACE TYPE MEMBER" of every member of every public struct, places from 00."""
    text = re.sub(r"/\*.*?\*/", " ", header, flags=re.DOTALL)
    found = re.findall(r"typedef struct (\w+) \{([^}]*)\} \1;", text)
    if len(found) != text.count("{") - text.count('extern "C" {'):
        sys.exit(f"make_stub.py reads {len(found)} structs of more: write them as the others are")
    return [
        f"{name} {place:02} {' '.join(member.split())}"
        for name, members in found
        for place, member in enumerate(filter(str.strip, members.split(";")))
    ]


def main() -> None:
    header = pathlib.Path(sys.argv[-1]).read_text(encoding="utf-8")
    if sys.argv[1] == "--names":
        print("\n".join(sorted(name for _, name, _ in prototypes(header))))
    elif sys.argv[1] == "--constants":
        print("\n".join(f"{name} {value}" for name, value in sorted(constants(header))))
    elif sys.argv[1] == "--structs":
        print("\n".join(structs(header)))
    else:
        print('#include "snn.h"')
        for result, name, parameters in prototypes(header):
            print(f"{result} {name}({parameters}) {{ {'' if result == 'void' else 'return 0;'} }}")


if __name__ == "__main__":
    main()
