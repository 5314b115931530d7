"""An ONNX file, read and checked: every name is defined once and before it is used, and no part is ignored."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import Any

import onnx

from .._errors import CorruptError, DocumentError, FileError, MemoryLimitError, NotSupportedError
from ._scan import scan
from ._tensors import TensorFile

MOST_NODES = 10_000
"""Nodes of a graph, so that one is read within a second. Residual networks of 152 layers have 500."""
OLDEST = 13
"""The oldest operator set that is read."""
LARGEST = (1 << 31) - 1
"""Bytes of a file: protobuf itself ends there. Weights beyond lie in files of their own."""


def quoted(name: str) -> str:
    """A name for a message, also one that somebody made long or full of control characters."""
    return repr(name if len(name) <= 80 else name[:77] + "...")


def label(node: Any, index: int) -> str:
    """What errors call a node."""
    return f"node {quoted(node.name) if node.name else index} ({quoted(node.op_type)[1:-1]})"


@dataclass
class Model:
    """The graph of a file."""

    name: str
    opset: int
    nodes: list[Any]
    inputs: list[Any]
    outputs: list[Any]
    tensors: TensorFile
    size: int
    """Bytes of the file and of those that it names."""


def read(path: str | os.PathLike[str]) -> Model:
    """Reads and checks a file; see `snn.onnx.load` for the errors."""
    data = _bytes(os.fspath(path))
    scan(data, onnx.ModelProto.DESCRIPTOR)
    size = len(data)
    try:
        proto = onnx.ModelProto.FromString(data)
    except Exception as problem:  # protobuf's error class moves from version to version
        raise CorruptError(f"not an ONNX file, or a damaged one: {problem}") from None
    del data
    folder = os.path.dirname(os.path.abspath(os.fspath(path)))
    graph = proto.graph
    tensors = TensorFile(folder, graph.initializer)
    model = Model(
        name=graph.name[:80],
        opset=_opset(proto),
        nodes=list(graph.node),
        inputs=[value for value in graph.input if value.name not in tensors.names],
        outputs=list(graph.output),
        tensors=tensors,
        size=size + tensors.external_bytes,
    )
    _check(model, proto)
    return model


def _bytes(path: str) -> bytes:
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise FileError(f"an ONNX model must be a file, {quoted(path)} is none")
        if found.st_size > LARGEST:
            raise MemoryLimitError(f"an ONNX file must have <= {LARGEST} bytes, {quoted(path)} has {found.st_size}")
        with open(path, "rb") as file:
            return file.read(LARGEST)
    except (OSError, ValueError) as problem:
        if isinstance(problem, (FileError, MemoryLimitError)):
            raise
        raise FileError(f"cannot read {quoted(path)}: {getattr(problem, 'strerror', None) or problem}") from None


def _opset(proto: Any) -> int:
    versions = [entry.version for entry in proto.opset_import if entry.domain in ("", "ai.onnx")]
    newest = onnx.defs.onnx_opset_version()
    if proto.ir_version < 3 or len(versions) != 1:
        raise CorruptError("not an ONNX file, or a damaged one: it must tell its version and that of its operators")
    version = int(versions[0])
    if not OLDEST <= version <= newest:
        raise NotSupportedError(
            f"operators must be of version {OLDEST} ... {newest}, the newest that the package onnx "
            f"{onnx.__version__} knows, got {version}"
        )
    return version


def _check(model: Model, proto: Any) -> None:
    for what, found in [
        ("functions", proto.functions),
        ("training graphs", proto.training_info),
        ("sparse initializers", proto.graph.sparse_initializer),
    ]:
        if len(found):
            name = getattr(found[0], "name", "")
            raise NotSupportedError(f"{what} are not supported" + (f", got {quoted(name)}" if name else ""))
    if len(model.nodes) > MOST_NODES:
        raise MemoryLimitError(f"the graph must have <= {MOST_NODES} nodes, got {len(model.nodes)}")
    if not model.nodes:
        raise DocumentError("the graph must have nodes, got none")
    for kind, values in [("input", model.inputs), ("output", model.outputs)]:
        if len(values) != 1:
            names = ", ".join(quoted(value.name) for value in values[:5])
            raise NotSupportedError(f"the graph must have one {kind} besides its weights, got {len(values)}: {names}")
    _check_names(model)


def _check_names(model: Model) -> None:
    defined = {*model.tensors.names, model.inputs[0].name}
    given_by = {name: label(node, index) for index, node in enumerate(model.nodes) for name in node.output if name}
    for index, node in enumerate(model.nodes):
        if node.domain not in ("", "ai.onnx"):
            raise NotSupportedError(
                f"{label(node, index)} is of the domain {quoted(node.domain)}, only ONNX's own is known"
            )
        for attribute in node.attribute:
            if attribute.HasField("g") or len(attribute.graphs):
                raise NotSupportedError(f"{label(node, index)} holds a graph of its own in {quoted(attribute.name)}")
        for name in node.input:
            if name and name not in defined:
                if name in given_by:
                    raise DocumentError(
                        f"{label(node, index)} reads {quoted(name)}, which {given_by[name]} gives only later: "
                        "a cycle, or nodes out of order"
                    )
                raise DocumentError(f"{label(node, index)} reads {quoted(name)}, which nothing gives")
        for name in filter(None, node.output):
            if name in defined:
                raise DocumentError(f"{label(node, index)} gives {quoted(name)}, which is there already")
            defined.add(name)
    for value in model.outputs:
        if value.name not in defined:
            raise DocumentError(f"the output {quoted(value.name)} is given by nothing")
