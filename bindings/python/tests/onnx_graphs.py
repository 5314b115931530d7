"""ONNX graphs for the tests, built without PyTorch."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

NEWEST = onnx.defs.onnx_opset_version()


class Graph:
    """Nodes one after another; each call gives the name of its result."""

    def __init__(self, *shape: int | str, seed: int = 1) -> None:
        self.random = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []
        self.input = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", *shape])

    def tensor(self, values, name: str | None = None) -> str:
        """A weight, as float unless it is an array of another type."""
        array = values if isinstance(values, np.ndarray) else np.asarray(values, np.float32)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        name = name or f"tensor{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(array, name))
        return name

    def drawn(self, *shape: int, scale: float = 1.0, name: str | None = None) -> str:
        """Normal numbers."""
        return self.tensor(scale * self.random.standard_normal(shape), name)

    def add(self, op: str, *inputs: str, name: str | None = None, outputs: int = 1, **attributes) -> str:
        """A node and the name of its first result."""
        name = name or f"{op.lower()}{len(self.nodes)}"
        results = [f"{name}_result{index}" if index else f"{name}_result" for index in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), results, name=name, **attributes))
        return results[0]

    def conv(self, x: str, inputs: int, outputs: int, kernel=3, bias: bool = True, **attributes) -> str:
        """A convolution with drawn weights."""
        rows, columns = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        weight = self.drawn(outputs, inputs, rows, columns, scale=(inputs * rows * columns) ** -0.5)
        return self.add("Conv", x, weight, *([self.drawn(outputs)] if bias else []), **attributes)

    def norm(self, x: str, channels: int, **attributes) -> str:
        """A batch normalisation with drawn statistics."""
        parts = [self.random.uniform(low, 1.5, channels) for low in (0.5, -1, -1, 0.5)]
        return self.add("BatchNormalization", x, *map(self.tensor, parts), **attributes)

    def dense(self, x: str, inputs: int, outputs: int, **attributes) -> str:
        """A Gemm as PyTorch writes it."""
        weight = self.drawn(outputs, inputs, scale=inputs**-0.5)
        return self.add("Gemm", x, weight, self.drawn(outputs), transB=1, **attributes)

    def model(self, result: str, opset: int = NEWEST) -> onnx.ModelProto:
        """The whole, whose scores are `result`."""
        output = helper.make_tensor_value_info(result, TensorProto.FLOAT, None)
        graph = helper.make_graph(self.nodes, "graph", [self.input], [output], self.tensors)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def mean(graph: Graph, x: str, opset: int, keepdims: int = 1) -> str:
    """A mean over rows and columns, as the operator set has it."""
    if opset < 18:
        return graph.add("ReduceMean", x, axes=[2, 3], keepdims=keepdims)
    return graph.add("ReduceMean", x, graph.tensor(np.array([-1, -2])), keepdims=keepdims)


def vgg(opset: int = NEWEST, norms: bool = True) -> onnx.ModelProto:
    """Convolutions and pools, then dense layers behind a flattened image of several pixels."""
    graph = Graph(3, 16, 16)
    x, channels = "x", 3
    for width in (8, 12):
        for _ in range(2):
            x = graph.conv(x, channels, width, pads=[1, 1, 1, 1])
            x = graph.add("Relu", graph.norm(x, width) if norms else x)
            channels = width
        x = graph.add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = graph.add("Flatten", x, axis=1)
    x = graph.add("Relu", graph.dense(x, 12 * 16, 20))
    x = graph.add("Dropout", x)
    return graph.model(graph.dense(x, 20, 10), opset)


def resnet(opset: int = NEWEST, traced: bool = False) -> onnx.ModelProto:
    """Two residual stages, the second with a shortcut of stride 2; `traced` reshapes by sizes computed in the graph."""
    graph = Graph(3, 17, 17)
    x = graph.add("Relu", graph.norm(graph.conv("x", 3, 8, 7, bias=False, strides=[2, 2], pads=[3] * 4), 8))
    x = graph.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    for width, stride in ((8, 1), (12, 2)):
        inputs = 8
        y = graph.conv(x, inputs, width, bias=False, strides=[stride, stride], pads=[1] * 4)
        y = graph.add("Relu", graph.norm(y, width))
        y = graph.norm(graph.conv(y, width, width, bias=False, pads=[1] * 4), width)
        if stride > 1:
            x = graph.norm(graph.conv(x, inputs, width, 1, bias=False, strides=[stride, stride]), width)
        x = graph.add("Relu", graph.add("Add", y, x))
    if traced:
        x = mean(graph, x, opset)
        batch = graph.add("Gather", graph.add("Shape", x), graph.tensor(np.array(0)), axis=0)
        sizes = [graph.add("Unsqueeze", batch, graph.tensor(np.array([0]))), graph.tensor(np.array([-1]))]
        x = graph.add("Reshape", x, graph.add("Concat", *sizes, axis=0))
    else:
        x = graph.add("Flatten", graph.add("GlobalAveragePool", x))
    return graph.model(graph.dense(x, 12, 10), opset)


def rows(graph: Graph, x: str, count: int) -> str:
    """Scores of an image: a dense layer that has to find its values in their order."""
    return graph.dense(graph.add("Flatten", x), count, 5)


def pool(op, kernel, count, **attributes):
    """A pool and a dense layer behind it, as a function of the graph."""
    return lambda graph: rows(graph, graph.add(op, "x", kernel_shape=kernel, **attributes), count)


def convolution(kernel, count, **attributes):
    """A convolution and a dense layer behind it."""
    return lambda graph: rows(graph, graph.conv("x", 2, 3, kernel, **attributes), count)


def with_node(op, count, *constants, **attributes):
    """A node with constants and a dense layer behind it."""
    return lambda graph: rows(
        graph,
        graph.add(op, "x", *(graph.tensor(value) if value is not None else "" for value in constants), **attributes),
        count,
    )
