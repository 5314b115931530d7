"""What an ONNX file must not hold is refused by the name of its node; no file takes long or much memory."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import onnx
import pytest
import snn
from conftest import PROJECT
from onnx import TensorProto, external_data_helper, helper
from onnx_graphs import NEWEST, Graph, convolution, pool, rows, vgg, with_node


@pytest.fixture
def saved(tmp_path):
    """Writes a model and gives its path."""

    def save(model: onnx.ModelProto) -> str:
        path = tmp_path / "model.onnx"
        path.write_bytes(model.SerializeToString())
        return str(path)

    return save


# ---------------------------------------------------------------- refusals


def refusal(name, build, error, sentence, shape=(2, 8, 8)):
    return pytest.param(build, error, sentence, shape, id=name)


def with_constant(op, shape, *, dtype=np.float32):
    return lambda graph: graph.add(op, "x", graph.tensor(np.ones(shape, dtype)))


def not_finite(graph):
    return graph.add("Gemm", graph.add("Flatten", "x"), graph.tensor(np.full((128, 2), np.nan)), name="scores")


def second_result(graph):
    graph.add("MaxPool", "x", kernel_shape=[2, 2], outputs=2, name="pool")
    return graph.add("Relu", "pool_result1", name="after")


def subgraph(graph):
    inner = helper.make_graph([], "inner", [], [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])])
    return graph.add("If", graph.tensor(np.array(True)), then_branch=inner, else_branch=inner, name="choice")


def unknown_attribute(graph):
    return graph.add("Relu", "x", name="unit", slope=3.0)


def other_domain(graph):
    return graph.add("Relu", "x", name="unit", domain="com.example")


def cycle(graph):
    graph.add("Add", "x", "second_result", name="first")
    return graph.add("Relu", "first_result", name="second")


def given_twice(graph):
    graph.add("Relu", "x", name="unit")
    return graph.add("Relu", "x", name="unit")


def doubled(graph):
    values = graph.add("Constant", value_floats=[1.0, 2.0])
    for _ in range(40):
        values = graph.add("Concat", values, values, axis=0)
    return graph.add("Mul", "x", values)


def mean_of_channels(graph):
    return graph.add("ReduceMean", "x", graph.tensor(np.array([1])), name="mean")


@pytest.mark.parametrize(
    "build, error, sentence, shape",
    [
        refusal(
            "unknown",
            with_node("HardSwish", 1, name="unit"),
            snn.NotSupportedError,
            "node 'unit' (HardSwish) is not supported",
        ),
        refusal(
            "softmax",
            with_node("Softmax", 128, name="p"),
            snn.NotSupportedError,
            "node 'p' (Softmax): export the network without",
        ),
        refusal(
            "groups",
            lambda g: g.conv("x", 1, 2, group=2, name="deep"),
            snn.NotSupportedError,
            "node 'deep' (Conv): group must be 1, got 2",
        ),
        refusal(
            "dilations",
            convolution(3, 1, dilations=[2, 2], name="wide"),
            snn.NotSupportedError,
            "node 'wide' (Conv): dilations must be 1, got [2, 2]",
        ),
        refusal(
            "strides",
            convolution(3, 1, strides=[2, 1], name="wide"),
            snn.NotSupportedError,
            "node 'wide' (Conv): strides must be the same for rows and columns, got [2, 1]",
        ),
        refusal(
            "channels",
            lambda g: g.conv("x", 3, 2, name="deep"),
            snn.ShapeError,
            "node 'deep' (Conv): weights for 3 channels get 2",
        ),
        refusal(
            "window", convolution(9, 1, name="wide"), snn.ShapeError, "node 'wide' (Conv): a window of 9 x 9 must fit"
        ),
        refusal(
            "pads",
            convolution(3, 1, pads=[1, 1], name="wide"),
            snn.DocumentError,
            "node 'wide' (Conv): pads must be 4 numbers >= 0, got [1, 1]",
        ),
        refusal(
            "type of attribute",
            convolution(3, 1, pads=1.5, name="wide"),
            snn.DocumentError,
            "node 'wide' (Conv): pads must be INTS, got FLOAT",
        ),
        refusal(
            "ceil counts",
            pool("AveragePool", [3, 3], 1, strides=[2, 2], pads=[1] * 4, ceil_mode=1, count_include_pad=1, name="p"),
            snn.NotSupportedError,
            "node 'p' (AveragePool): ceil_mode with pads that count",
        ),
        refusal(
            "training",
            lambda g: g.add(
                "BatchNormalization", "x", *(g.tensor([1.0, 1]) for _ in range(4)), training_mode=1, name="n"
            ),
            snn.NotSupportedError,
            "node 'n' (BatchNormalization): training_mode = 1 is not supported",
        ),
        refusal(
            "variance",
            lambda g: g.add("BatchNormalization", "x", *(g.tensor([-1.0, 1]) for _ in range(4)), name="n"),
            snn.DocumentError,
            "node 'n' (BatchNormalization): variance + epsilon must be > 0",
        ),
        refusal(
            "product",
            lambda g: g.add("Mul", "x", g.add("Relu", "x"), name="gate"),
            snn.NotSupportedError,
            "node 'gate' (Mul): a product of activities",
        ),
        refusal(
            "twice",
            lambda g: g.add("Add", "x", "x", name="sum"),
            snn.NotSupportedError,
            "node 'sum' (Add): a sum that takes the same activity twice",
        ),
        refusal(
            "shapes",
            lambda g: g.add("Add", "x", g.add("GlobalAveragePool", "x"), name="sum"),
            snn.ShapeError,
            "node 'sum' (Add): a sum takes equal shapes",
        ),
        refusal(
            "a constant a pixel",
            with_constant("Add", (2, 8, 8)),
            snn.NotSupportedError,
            "(Add): a constant must be one number, or one a channel",
        ),
        refusal(
            "a constant of whole numbers",
            with_constant("Add", (2, 1, 1), dtype=np.int64),
            snn.NotSupportedError,
            "(Add): its input 1 must be float, got int64",
        ),
        refusal(
            "divisor",
            lambda g: g.add("Div", "x", g.tensor(0.0), name="half"),
            snn.DocumentError,
            "node 'half' (Div): a divisor must not be 0",
        ),
        refusal(
            "mean of channels",
            mean_of_channels,
            snn.NotSupportedError,
            "node 'mean' (ReduceMean): a mean must be one over rows and columns (axes 2 and 3), got [1]",
        ),
        refusal(
            "transpose",
            with_node("Transpose", 128, perm=[0, 2, 3, 1], name="t"),
            snn.NotSupportedError,
            "node 't' (Transpose): activity must keep the order",
        ),
        refusal(
            "mode",
            with_node("Pad", 1, np.array([0, 0, 1, 1, 0, 0, 1, 1]), mode="reflect", name="p"),
            snn.NotSupportedError,
            "node 'p' (Pad): mode = reflect is not supported",
        ),
        refusal(
            "padding of channels",
            with_node("Pad", 1, np.array([0, 1, 0, 0, 0, 0, 0, 0]), name="p"),
            snn.NotSupportedError,
            "node 'p' (Pad): padding must be of rows and columns",
        ),
        refusal(
            "gelu of tanh",
            with_node("Gelu", 1, approximate="tanh", name="g"),
            snn.NotSupportedError,
            "node 'g' (Gelu): approximate = tanh is not supported, only none",
        ),
        refusal("not a number", not_finite, snn.NotFiniteError, "node 'scores' (Gemm): its input 1 must be finite"),
        refusal(
            "second result",
            second_result,
            snn.NotSupportedError,
            "node 'after' (Relu) reads a second result of node 'pool' (MaxPool)",
        ),
        refusal(
            "subgraph", subgraph, snn.NotSupportedError, "node 'choice' (If) holds a graph of its own in 'else_branch'"
        ),
        refusal(
            "attribute",
            unknown_attribute,
            snn.NotSupportedError,
            "node 'unit' (Relu): the attribute 'slope' is not known",
        ),
        refusal("domain", other_domain, snn.NotSupportedError, "node 'unit' (Relu) is of the domain 'com.example'"),
        refusal(
            "cycle",
            cycle,
            snn.DocumentError,
            "node 'first' (Add) reads 'second_result', which node 'second' (Relu) gives only later",
        ),
        refusal(
            "undefined",
            lambda g: g.add("Relu", "y", name="unit"),
            snn.DocumentError,
            "node 'unit' (Relu) reads 'y', which nothing gives",
        ),
        refusal(
            "given twice",
            given_twice,
            snn.DocumentError,
            "node 'unit' (Relu) gives 'unit_result', which is there already",
        ),
        refusal("doubled", doubled, snn.MemoryLimitError, "(Concat): numbers computed in the graph must be <= 65536"),
        refusal(
            "inputs",
            lambda g: g.add("Relu", "x", "x", name="unit"),
            snn.DocumentError,
            "node 'unit' (Relu) must have 1 inputs, got 2",
        ),
        refusal("no row", lambda g: g.add("Relu", "x"), snn.NotSupportedError, "the output must be [batch, values]"),
        refusal(
            "pixels",
            lambda g: g.add("Flatten", "x"),
            snn.NotSupportedError,
            "the output must not list the pixels of an image",
        ),
        refusal(
            "size",
            lambda g: g.add("Flatten", "x"),
            snn.ShapeError,
            "the input 'x' must have fixed sizes",
            (2, "height", 8),
        ),
        refusal(
            "rank",
            lambda g: g.add("Relu", "x"),
            snn.NotSupportedError,
            "the input 'x' must be [batch, values] or [batch, channels, height, width], got 3 dimensions",
            (2, 8),
        ),
    ],
)
def test_refusal(saved, build, error, sentence, shape):
    graph = Graph(*shape)
    model = graph.model(build(graph))
    with pytest.raises(error) as refused:
        snn.onnx.load(saved(model))
    assert sentence in str(refused.value)


def changed(change) -> onnx.ModelProto:
    model = vgg()
    change(model)
    return model


@pytest.mark.parametrize(
    "change, error, sentence",
    [
        (lambda m: setattr(m.opset_import[0], "version", 12), snn.NotSupportedError, f"of version 13 ... {NEWEST}"),
        (lambda m: setattr(m.opset_import[0], "version", NEWEST + 1), snn.NotSupportedError, f"got {NEWEST + 1}"),
        (lambda m: m.opset_import.pop(), snn.CorruptError, "must tell its version"),
        (lambda m: m.ClearField("ir_version"), snn.CorruptError, "must tell its version"),
        (
            lambda m: m.functions.add(name="block", domain="local"),
            snn.NotSupportedError,
            "functions are not supported, got 'block'",
        ),
        (lambda m: m.graph.sparse_initializer.add(), snn.NotSupportedError, "sparse initializers are not supported"),
        (
            lambda m: m.graph.initializer.append(m.graph.initializer[0]),
            snn.DocumentError,
            "must have names of their own",
        ),
        (
            lambda m: m.graph.input.add(name="second"),
            snn.NotSupportedError,
            "must have one input besides its weights, got 2: 'x', 'second'",
        ),
        (
            lambda m: m.graph.output.add(name="second"),
            snn.NotSupportedError,
            "must have one output besides its weights, got 2",
        ),
        (
            lambda m: setattr(m.graph.output[0], "name", "other"),
            snn.DocumentError,
            "the output 'other' is given by nothing",
        ),
        (lambda m: m.graph.ClearField("node"), snn.DocumentError, "must have nodes"),
        (
            lambda m: setattr(m.graph.initializer[0], "data_type", TensorProto.FLOAT16),
            snn.NotSupportedError,
            "initializer 'tensor0' must be of type float, int64, int32, bool, got float16",
        ),
        (lambda m: setattr(m.graph.initializer[0], "data_type", 999), snn.NotSupportedError, "got 999"),
        (
            lambda m: m.graph.initializer[0].dims.__setitem__(0, 1 << 40),
            snn.CorruptError,
            "initializer 'tensor0' must have",
        ),
        (lambda m: m.graph.initializer[0].dims.__setitem__(0, -8), snn.CorruptError, "at most 8 dimensions, all >= 0"),
        (lambda m: m.graph.initializer[0].float_data.append(1), snn.CorruptError, "holds its numbers twice"),
        (
            lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", TensorProto.DOUBLE),
            snn.NotSupportedError,
            "the input 'x' must be a tensor of float",
        ),
        (
            lambda m: setattr(m.graph.input[0].type.tensor_type.shape.dim[2], "dim_value", 1 << 40),
            snn.ShapeError,
            "the input 'x' must have fixed sizes",
        ),
        (
            lambda m: setattr(m.graph.node[0].attribute[0], "ref_attr_name", "a"),
            snn.NotSupportedError,
            "refers to a function's",
        ),
    ],
)
def test_refusal_of_files(saved, change, error, sentence):
    with pytest.raises(error) as refused:
        snn.onnx.load(saved(changed(change)))
    assert sentence in str(refused.value)


# ---------------------------------------------------------------- weights beside the model


def external(tmp_path, **changes) -> str:
    """A model whose weights lie in `weights.bin`; `changes` to the entries of the first."""
    model = vgg()
    external_data_helper.convert_model_to_external_data(model, location="weights.bin", size_threshold=0)
    folder = tmp_path / "model"
    folder.mkdir()
    path = str(folder / "model.onnx")
    onnx.save(model, path)
    model = onnx.load(path, load_external_data=False)
    for entry in model.graph.initializer[0].external_data:
        entry.value = changes.pop(entry.key, entry.value)
    for key, value in changes.items():
        model.graph.initializer[0].external_data.add(key=key, value=value)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    return path


def test_weights_in_a_file_of_their_own(tmp_path):
    images = np.random.default_rng(5).standard_normal((2, 3, 16, 16))
    inside = tmp_path / "inside.onnx"
    inside.write_bytes(vgg().SerializeToString())
    scores = snn.onnx.load(external(tmp_path)).predict(images)
    np.testing.assert_array_equal(scores, snn.onnx.load(inside).predict(images))


@pytest.mark.parametrize(
    "entries, error, sentence",
    [
        ({"location": "../weights.bin"}, snn.FileError, "must lie in the folder of the model, got '../weights.bin'"),
        ({"location": "/etc/passwd"}, snn.FileError, "must lie in the folder of the model, got '/etc/passwd'"),
        ({"location": "link.bin"}, snn.FileError, "must lie in the folder of the model, got 'link.bin'"),
        ({"location": "link/weights.bin"}, snn.FileError, "must lie in the folder of the model"),
        ({"location": "none.bin"}, snn.FileError, "cannot read 'none.bin': No such file"),
        ({"location": "."}, snn.FileError, "must lie in a file, '.' is none"),
        ({"location": "pipe"}, snn.FileError, "must lie in a file, 'pipe' is none"),
        ({"location": "a" * 100_000}, snn.FileError, "cannot read"),
        ({"location": ""}, snn.CorruptError, "must tell in which file"),
        ({"offset": "99999999"}, snn.CorruptError, "must lie within the"),
        ({"offset": "-4"}, snn.CorruptError, "an offset and a length >= 0, got '-4'"),
        ({"length": "9" * 5000}, snn.CorruptError, "an offset and a length >= 0"),
        ({"length": "4"}, snn.CorruptError, "must have 864 bytes for [8, 3, 3, 3], got 4"),
        ({"mode": "w"}, snn.CorruptError, "must tell in which file"),
    ],
)
def test_refusal_of_weights_elsewhere(tmp_path, entries, error, sentence):
    path = external(tmp_path, **entries)
    outside = tmp_path / "outside"
    outside.mkdir()
    for place in (tmp_path / "weights.bin", outside / "weights.bin"):
        place.write_bytes(bytes(1 << 16))
    (tmp_path / "model" / "link.bin").symlink_to(tmp_path / "weights.bin")
    (tmp_path / "model" / "link").symlink_to(outside)
    os.mkfifo(tmp_path / "model" / "pipe")
    with pytest.raises(error) as refused:
        snn.onnx.load(path)
    assert sentence in str(refused.value)


def test_what_is_no_file(tmp_path):
    for path, sentence in [
        (tmp_path / "none.onnx", "cannot read"),
        (tmp_path, "must be a file"),
        ("/dev/zero", "must be a file"),
    ]:
        with pytest.raises(snn.FileError, match=sentence):
            snn.onnx.load(path)
    large = tmp_path / "large.onnx"
    with open(large, "wb") as file:
        file.truncate(3 << 30)  # takes no space
    with pytest.raises(snn.MemoryLimitError, match="an ONNX file must have <= 2147483647 bytes"):
        snn.onnx.load(large)


@pytest.mark.slow
def test_damaged_and_hostile_files_are_refused_in_a_second_and_little_memory(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src")}
    script = str(PROJECT / "tests" / "onnx_attack.py")
    done = subprocess.run(
        [sys.executable, script, str(tmp_path)], env=environment, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0 and done.stdout == "", done.stdout + done.stderr
