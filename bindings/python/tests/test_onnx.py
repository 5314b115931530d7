"""Networks from ONNX: the numbers of the reference evaluator, and refusals that name the node."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import onnx
import pytest
import snn
from conftest import CHECKOUT, PROJECT
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from onnx_graphs import NEWEST, Graph, convolution, mean, pool, resnet, rows, vgg, with_node

OPSETS = sorted({13, 15, 18, 22, 24, NEWEST})


@pytest.fixture
def saved(tmp_path):
    """Writes a model and gives its path."""

    def save(model: onnx.ModelProto) -> str:
        path = tmp_path / "model.onnx"
        path.write_bytes(model.SerializeToString())
        return str(path)

    return save


def compare(path: str, samples: int = 3) -> snn.Network:
    """The imported network, whose scores must be those of the reference evaluator to 1e-4 of the largest."""
    model = onnx.load(path)
    shape = [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim][1:]
    images = np.random.default_rng(5).standard_normal((samples, *shape)).astype(np.float32)
    # Before 14 the evaluator's BatchNormalization is off (ONNX Runtime's is not); nothing else here changed with 14.
    model.opset_import[0].version = max(14, model.opset_import[0].version)
    (expected,) = ReferenceEvaluator(model).run(None, {"x": images})
    network = snn.onnx.load(path)
    scores = network.predict(images)
    assert scores.shape == expected.reshape(samples, -1).shape
    np.testing.assert_allclose(scores, expected.reshape(samples, -1), rtol=0, atol=1e-4 * abs(expected).max())
    return network


def layers(network: snn.Network) -> list[dict]:
    return json.loads(network.json)["layers"]


# ---------------------------------------------------------------- whole networks


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("norms", [False, True])
def test_vgg(saved, opset, norms):
    network = compare(saved(vgg(opset, norms)))
    kinds = [layer["connection"]["kind"] for layer in layers(network)]
    assert kinds == ["conv2d"] * 4 + ["dense"] * 2  # batch normalisation is folded


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("traced", [False, True])
def test_resnet(saved, opset, traced):
    network = compare(saved(resnet(opset, traced)))
    sums = [layer for layer in layers(network) if layer.get("connection", {}).get("kind") == "identity"]
    assert [len(layer["inputs"]) for layer in sums] == [2, 2]


def test_the_file_of_the_command_is_the_network(saved, tmp_path):
    path, out = saved(resnet()), str(tmp_path / "network.snn")
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src")}
    done = subprocess.run(
        [sys.executable, "-m", "snn.onnx", path, "--out", out, "--name", "residual"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and "10 scores" in done.stdout, done.stderr
    network = snn.Network.load(out)
    assert json.loads(network.json)["name"] == "residual"
    images = np.random.default_rng(5).standard_normal((2, 3, 17, 17))
    np.testing.assert_array_equal(network.predict(images), snn.onnx.load(path).predict(images))
    snn.onnx.convert(path, out)
    assert json.loads(snn.Network.load(out).json)["name"] == "graph"
    refused = subprocess.run(
        [sys.executable, "-m", "snn.onnx", str(tmp_path / "none.onnx"), "--out", out],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1 and refused.stderr.startswith("error: cannot read")


def test_without_the_package_onnx_the_message_says_so():
    code = "import sys; sys.modules['onnx'] = None; import snn; snn.onnx.load('model.onnx')"
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert "ImportError: snn.onnx needs the package onnx" in done.stderr


# ---------------------------------------------------------------- operators


def image_case(name, build, *shape, opset=NEWEST):
    return pytest.param(build, shape or (2, 7, 8), opset, id=name)


def square(graph, x):
    return graph.add("Relu", graph.conv(x, 2, 2, 3, pads=[1] * 4))


def shared_pool(graph):
    x = graph.add("MaxPool", "x", kernel_shape=[2, 2], strides=[2, 2])
    return rows(graph, graph.add("Add", square(graph, x), x), 2 * 3 * 4)


def sum_of_three(graph):
    x = graph.conv("x", 2, 2, 3, pads=[1] * 4)
    return rows(graph, graph.add("Sum", x, square(graph, x), "x"), 112)


def norms_alone(graph):
    x = graph.add("Relu", graph.norm("x", 2))
    return rows(graph, graph.norm(graph.add("Relu", graph.conv(x, 2, 3)), 3), 3 * 5 * 6)


def norm_of_read_twice(graph):
    x = graph.conv("x", 2, 2, 3, pads=[1] * 4)
    return rows(graph, graph.add("Add", graph.norm(x, 2), x), 112)


def norm_of_flattened(graph):
    x = graph.norm(graph.add("Flatten", graph.add("Relu", graph.conv("x", 2, 3))), 90)
    return graph.dense(x, 90, 5)


def affine(graph):
    x = graph.add("Sub", "x", graph.drawn(2, 1, 1))
    x = graph.add("Div", x, graph.tensor([[[0.5]], [[2]]]))
    x = graph.add("Mul", graph.tensor(3.0), graph.add("Relu", x))
    x = graph.add("Sub", graph.tensor([[[[1]], [[2]]]]), x)
    x = graph.add("Add", graph.conv(x, 2, 3, 3, bias=False), graph.drawn(1, 3, 1, 1))
    return rows(graph, x, 3 * 5 * 6)


def matmul(graph):
    x = graph.add("Flatten", "x")
    x = graph.add("MatMul", x, graph.add("Transpose", graph.drawn(9, 112), perm=[1, 0]))
    x = graph.add("Relu", graph.add("Add", graph.drawn(9), x))
    return graph.add("MatMul", x, graph.drawn(9, 4))


def gemm(graph):
    x = graph.add("Gemm", graph.add("Flatten", "x"), graph.drawn(112, 6), graph.tensor([0.25]), alpha=0.5, beta=2.0)
    return graph.add("Relu", graph.add("Gemm", x, graph.drawn(6, 4)))


def padded_conv(graph):
    x = graph.add("Pad", "x", graph.tensor(np.array([0, 0, 1, 1, 0, 0, 1, 1])))
    x = graph.conv(x, 2, 3, 3)
    x = graph.add("Pad", x, graph.tensor(np.array([0, 1, 2, 0])), "", graph.tensor(np.array([2, 3])))
    return rows(graph, graph.conv(x, 3, 2, 2, pads=[0, 0, 1, 0]), 2 * 9 * 8)


def one_pixel(graph):
    x = graph.add("Squeeze", graph.add("GlobalMaxPool", "x"), graph.tensor(np.array([2, 3])))
    x = graph.add("Unsqueeze", graph.dense(x, 2, 6), graph.tensor(np.array([2, 3])))
    return graph.add("Flatten", graph.conv(graph.add("Relu", x), 6, 4, 1))


def reshaped(graph):
    x = graph.add("Reshape", graph.conv("x", 2, 3), graph.tensor(np.array([0, -1])))
    x = graph.add("Relu", x)
    return graph.dense(graph.add("Identity", graph.add("Cast", x, to=1)), 90, 5)


def constants(graph):
    value = helper.make_tensor("value", TensorProto.FLOAT, [], [2.0])
    two = graph.add("Constant", value=value)
    root = graph.add("Sqrt", graph.add("Mul", two, two))
    sizes = graph.add("Concat", graph.add("Constant", value_ints=[-1]), graph.add("Constant", value_ints=[112]), axis=0)
    x = graph.add("Reshape", graph.add("Div", "x", root), sizes)
    return graph.dense(x, 112, 5)


def ends_in_relu(graph):
    return graph.add("Relu", rows(graph, "x", 112))


def ends_in_mean(graph):
    return mean(graph, graph.add("Relu", graph.conv("x", 2, 5)), NEWEST, keepdims=0)


@pytest.mark.parametrize(
    "build, shape, opset",
    [
        image_case("max", pool("MaxPool", [3, 3], 2 * 4 * 4, strides=[2, 2], pads=[1, 1, 1, 1])),
        image_case("max, rectangular", pool("MaxPool", [2, 3], 2 * 6 * 6)),
        image_case("max, ceil", pool("MaxPool", [3, 3], 2 * 4 * 4, strides=[2, 2], pads=[1, 1, 0, 0], ceil_mode=1)),
        image_case("max, same", pool("MaxPool", [2, 2], 2 * 4 * 4, strides=[2, 2], auto_pad="SAME_UPPER")),
        image_case("mean, same below", pool("AveragePool", [2, 2], 2 * 7 * 8, auto_pad="SAME_LOWER")),
        image_case("mean", pool("AveragePool", [3, 3], 2 * 4 * 4, strides=[2, 2], pads=[1, 1, 1, 1])),
        image_case(
            "mean, counts", pool("AveragePool", [3, 3], 2 * 4 * 4, strides=[2, 2], pads=[1] * 4, count_include_pad=1)
        ),
        image_case("mean, ceil", pool("AveragePool", [3, 3], 2 * 4 * 4, strides=[2, 2], ceil_mode=1), 2, 8, 8),
        image_case("mean of one", pool("AveragePool", [1, 1], 112)),
        image_case("one row", pool("MaxPool", [7, 2], 2 * 4, strides=[1, 2])),
        image_case("conv, rectangular", convolution((1, 3), 3 * 7 * 8, pads=[0, 1, 0, 1])),
        image_case("conv, sides", convolution((3, 3), 3 * 3 * 5, strides=[2, 2], pads=[0, 1, 1, 2])),
        image_case("conv, same", convolution((4, 4), 3 * 4 * 4, strides=[2, 2], auto_pad="SAME_UPPER")),
        image_case("conv, padding of 1 x 1", convolution((1, 1), 3 * 9 * 10, pads=[1] * 4)),
        image_case("padded", padded_conv),
        image_case("shared pool", shared_pool),
        image_case("sum of three", sum_of_three),
        image_case("norms alone", norms_alone),
        image_case("norm read twice", norm_of_read_twice),
        image_case("norm of flattened", norm_of_flattened),
        image_case("affine", affine),
        image_case("matmul", matmul),
        image_case("gemm", gemm),
        image_case("one pixel", one_pixel),
        image_case("reshaped", reshaped),
        image_case("constants", constants),
        image_case("ends in relu", ends_in_relu),
        image_case("ends in mean", ends_in_mean),
        image_case("sigmoid", with_node("Sigmoid", 112)),
        image_case("tanh", with_node("Tanh", 112)),
        image_case("gelu", with_node("Gelu", 112)),
        image_case("swish", with_node("Swish", 112)),
        image_case("relu 6", with_node("Clip", 112, 0.0, 0.6)),
        image_case("clip below", with_node("Clip", 112, -0.5)),
        image_case("clip above", with_node("Clip", 112, None, 0.5)),
        image_case("clip as relu", with_node("Clip", 112, 0.0)),
        image_case("silu", lambda graph: rows(graph, graph.add("Mul", graph.add("Sigmoid", "x"), "x"), 112), opset=13),
    ],
)
def test_operator(saved, build, shape, opset):
    graph = Graph(*shape)
    compare(saved(graph.model(build(graph), opset)))


@pytest.mark.parametrize("op, outside", [("MaxPool", -np.inf), ("AveragePool", np.nan)])
def test_pads_of_a_pool_are_top_left_bottom_right(saved, op, outside):
    # The reference evaluator is off where sides differ, so this is worked out by hand.
    graph = Graph(1, 4, 5)
    x = graph.add(op, "x", kernel_shape=[3, 4], pads=[2, 1, 0, 3])
    x = graph.add("MatMul", graph.add("Flatten", x), graph.tensor(np.eye(24)))
    image = np.random.default_rng(3).standard_normal((1, 1, 4, 5)).astype(np.float32)
    padded = np.pad(image[0, 0], [(2, 0), (1, 3)], constant_values=outside)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 4)).reshape(24, 12)
    expected = windows.max(axis=1) if op == "MaxPool" else np.nanmean(windows, axis=1)
    scores = snn.onnx.load(saved(graph.model(x))).predict(image)
    np.testing.assert_allclose(scores[0], expected, rtol=0, atol=1e-6)


def test_names_of_layers_are_those_of_their_weights(saved):
    graph = Graph(2, 4, 4)
    x = graph.add("Conv", "x", graph.drawn(2, 2, 1, 1, name="layer1.0.conv1.weight"))
    x = graph.add("Conv", x, graph.drawn(2, 2, 1, 1, name="onnx::Conv_7"), name="/layer1/layer1.0/conv2/Conv")
    x = graph.add("Conv", x, graph.drawn(2, 2, 1, 1, name="onnx::Conv_8"), name="/layer1/layer1.0/conv2/Conv_")
    names = [layer["name"] for layer in layers(snn.onnx.load(saved(graph.model(rows(graph, x, 32)))))]
    assert names == ["layer1_0_conv1", "layer1_0_conv2", "layer1_0_conv2_2", "gemm4"]


# ---------------------------------------------------------------- the page


def test_the_program_of_the_page_runs_as_printed(saved, tmp_path, monkeypatch, capsys):
    saved(resnet())
    monkeypatch.chdir(tmp_path)
    page = (CHECKOUT / "docs" / "onnx.md").read_text()
    programs = [block.split("```")[0] for block in page.split("```python\n")[1:]]
    assert programs
    for program in programs:
        exec(compile(program, "docs/onnx.md", "exec"), {})
    assert capsys.readouterr().out.strip() == "(2, 10)"


def test_the_page_names_every_operator():
    from snn.onnx._translate import REVISIONS

    page = (CHECKOUT / "docs" / "onnx.md").read_text()
    assert [name for name in REVISIONS if f"`{name}`" not in page] == []
