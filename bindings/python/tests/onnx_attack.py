"""Loads damaged and hostile ONNX files, with a bar for the processor time and the memory of each: run by test_onnx.py.

onnx_attack.py FOLDER
"""

from __future__ import annotations

import multiprocessing
import os
import pathlib
import resource
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "src"))

import numpy as np
import onnx
import snn
from onnx import TensorProto, helper
from onnx_graphs import Graph, resnet, vgg

SECONDS = 1.0
"""Processor time of one file."""
MEMORY = 64 << 20
"""Bytes above what was there before any hostile file; each of them has at most 8 MB."""


def varint(number: int) -> bytes:
    """A number as protobuf writes it."""
    result = bytearray()
    while number >= 0x80:
        result.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*result, number])


def field(number: int, content: bytes) -> bytes:
    """A field that holds bytes or a message."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def with_graph(graph: bytes) -> bytes:
    """A model around a graph."""
    model = helper.make_model(helper.make_graph([], "g", [], []), opset_imports=[helper.make_opsetid("", 20)])
    model.ClearField("graph")
    return model.SerializeToString() + field(7, graph)


def nested() -> bytes:
    """Graphs within graphs, through the attributes of their nodes."""
    graph = b""
    for _ in range(5000):
        graph = field(1, field(5, field(6, graph)))
    return with_graph(graph)


def shared_weights() -> bytes:
    """A megabyte of weights that a thousand nodes use."""
    graph = Graph(512)
    weight, x = graph.drawn(512, 512), "x"
    for _ in range(1000):
        x = graph.add("MatMul", x, weight)
    return graph.model(x).SerializeToString()


def chain(op: str, count: int, **attributes) -> bytes:
    """A long path."""
    graph = Graph(4)
    x = "x"
    for _ in range(count):
        x = graph.add(op, x, **attributes)
    return graph.model(graph.add("MatMul", x, graph.drawn(4, 3))).SerializeToString()


def same_names(count: int) -> bytes:
    """Nodes that all have one name."""
    graph = Graph(4)
    nodes = [helper.make_node("Relu", [f"r{i}" if i else "x"], [f"r{i + 1}"], name="a") for i in range(count)]
    graph.nodes = nodes
    return graph.model(f"r{count}").SerializeToString()


def huge(change) -> bytes:
    """A good network with one thing out of proportion."""
    model = vgg()
    change(model)
    return model.SerializeToString()


def filled(count: int) -> bytes:
    """Asks for a constant of so many numbers."""
    graph = Graph(4)
    value = graph.add("ConstantOfShape", graph.tensor(np.array([count, count])))
    return graph.model(graph.add("Add", "x", value)).SerializeToString()


def many_tensors(count: int) -> bytes:
    """Numbers, each a tensor of its own, that one node reads."""
    graph = Graph(4)
    names = [f"t{index}" for index in range(count)]
    graph.tensors = [helper.make_tensor(name, TensorProto.FLOAT, [1], [1.0]) for name in names]
    return graph.model(graph.add("Add", "x", graph.add("Concat", *names, axis=0))).SerializeToString()


def outer_product() -> bytes:
    """Two rows of weights that a sum in the graph would make a table."""
    graph = Graph(4)
    table = graph.add("Add", graph.drawn(100_000, 1), graph.drawn(1, 100_000))
    return graph.model(graph.add("Add", "x", table)).SerializeToString()


def hostile() -> dict[str, bytes]:
    """Files made by hand, none of which may be taken."""
    tensor = field(5, field(8, b"w") + b"\x10\x01" + b"".join(b"\x08" + varint(1 << 62) for _ in range(4)))
    return {
        "empty": b"",
        "zeros": bytes(1 << 20),
        "a million empty nodes": with_graph(field(1, b"") * 1_000_000),
        "a million empty tensors": with_graph(field(5, b"") * 1_000_000),
        "a million dimensions": with_graph(field(5, b"\x08\x01" * 1_000_000)),
        "packed integers": with_graph(field(5, field(7, b"\x01" * 4_000_000))),
        "nested": nested(),
        "a length beyond the end": with_graph(b"")[:-1] + varint(1 << 60),
        "dimensions of 2^62": with_graph(tensor),
        "groups": b"\x0b" * 100_000,
        "no UTF-8": with_graph(field(1, field(4, b"\xff\xfe"))),
        "a long name": huge(lambda m: setattr(m.graph.node[3], "op_type", "A" * 4_000_000)),
        "a tall input": huge(lambda m: setattr(m.graph.input[0].type.tensor_type.shape.dim[2], "dim_value", 1 << 30)),
        "a wide input": huge(lambda m: setattr(m.graph.input[0].type.tensor_type.shape.dim[2], "dim_value", 1 << 26)),
        "a huge kernel": huge(lambda m: m.graph.node[3].attribute[0].ints.__setitem__(slice(None), [1 << 62] * 2)),
        "huge padding": huge(lambda m: m.graph.node[0].attribute[0].ints.__setitem__(slice(None), [1 << 31] * 4)),
        "large padding": huge(lambda m: m.graph.node[0].attribute[0].ints.__setitem__(slice(None), [1 << 30] * 4)),
        "shared weights": shared_weights(),
        "a long path": chain("Relu", 9_900),
        "too long a path": chain("Identity", 20_000),
        "many tensors": many_tensors(60_000),
        "one name": same_names(9_900),
        "a constant of 2^40": filled(1 << 20),
        "an outer product": outer_product(),
    }


def large() -> dict[str, bytes]:
    """Files that are just not too large; they may be taken."""
    return {"path": chain("Relu", 4000), "path of nothing": chain("Identity", 9_900)}


def damaged(seed: int) -> dict[str, bytes]:
    """Good files cut off, and with bits that flipped."""
    result = {}
    random = np.random.default_rng(seed)
    for name, model in [("vgg", vgg()), ("resnet", resnet(traced=True))]:
        whole = model.SerializeToString()
        for end in sorted({*range(0, 120), *random.integers(0, len(whole), 120).tolist()}):
            result[f"{name} cut off at {end}"] = whole[:end]
        # Names and shapes are few of the bytes: without the weights each flip meets structure.
        for tensor in model.graph.initializer:
            tensor.raw_data = b""
        thin = model.SerializeToString()
        for bit in random.integers(0, 8 * len(whole), 150).tolist():
            result[f"{name} with bit {bit} flipped"] = flipped(whole, bit)
        for bit in random.integers(0, 8 * len(thin), 150).tolist():
            result[f"thin {name} with bit {bit} flipped"] = flipped(thin, bit)
    return result


def flipped(data: bytes, bit: int) -> bytes:
    """One bit the other way."""
    changed = bytearray(data)
    changed[bit >> 3] ^= 1 << (bit & 7)
    return bytes(changed)


def write(folder: str) -> None:
    """All files, named after what they are."""
    for kind, files in {"hostile": hostile(), "large": large(), "damaged": damaged(seed=11)}.items():
        for name, data in files.items():
            pathlib.Path(folder, f"{kind}, {name}").write_bytes(data)


def most() -> int:
    """Bytes that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(folder: str) -> None:
    """Prints one line a file that broke the law, then a summary."""
    # In a process of its own: memory that was held once hides what a file takes.
    writer = multiprocessing.get_context("fork").Process(target=write, args=(folder,))
    writer.start()
    writer.join()
    good = os.path.join(folder, "good")
    pathlib.Path(good).write_bytes(vgg().SerializeToString())
    snn.onnx.load(good)  # what the first load takes is no matter of the file
    os.remove(good)
    before = most()
    slowest, refused, largest = (0.0, ""), 0, (0, "")
    names = sorted(os.listdir(folder))
    for name in names:
        held, started = most(), time.process_time()
        try:
            snn.onnx.load(os.path.join(folder, name))
        except snn.SnnError:
            refused += 1
        except BaseException as problem:
            print(f"{name}: {type(problem).__name__}: {str(problem)[:200]}")
        else:
            if name.startswith("hostile"):
                print(f"{name}: is taken")
        seconds = time.process_time() - started
        slowest, largest = max(slowest, (seconds, name)), max(largest, (most() - held, name))
        if seconds > SECONDS:
            print(f"{name}: takes {seconds:.2f} s")
    if most() - before > MEMORY:
        print(f"takes {(most() - before) >> 20} MB, {largest[1]} alone {largest[0] >> 20} MB")
    print(
        f"{len(names)} files, {refused} refused, slowest {slowest[0]:.2f} s ({slowest[1]}), "
        f"{(most() - before) >> 20} MB more, {largest[0] >> 20} MB of them for {largest[1]}",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main(sys.argv[1])
