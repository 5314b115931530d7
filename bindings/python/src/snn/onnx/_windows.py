"""Convolutions and pooling: kernels, strides, padding."""

from __future__ import annotations

import math
from collections.abc import Callable

from ._node import Node
from ._values import Flatten, Linear, Op, Pool, Value


def _windows(
    node: Node, image: Op, kernel: tuple[int, int], ceil: bool = False
) -> tuple[int, tuple[int, int, int, int], tuple[int, int], bool]:
    """Stride, padding, size of the output, and whether windows reach past the padding (`ceil_mode`)."""
    strides = node.numbers("strides", 2, 1, 1)
    dilations = node.numbers("dilations", 2, 1, 1)
    node.support(dilations == [1, 1], f"dilations must be 1, got {dilations}")
    size = image.shape[1:]
    pads = _pads(node, size, kernel, strides)
    out, reaches = [], False
    for axis in range(2):
        room = size[axis] + pads[axis] + pads[axis + 2] - kernel[axis]
        node.fits(room >= 0, f"a window of {kernel[0]} x {kernel[1]} must fit {Node.shape(image)} with padding {pads}")
        count = room // strides[axis] + 1
        # One window more may begin inside the image or the padding before it.
        if ceil and room % strides[axis] and count * strides[axis] < size[axis] + pads[axis]:
            pads[axis + 2] = count * strides[axis] + kernel[axis] - size[axis] - pads[axis]
            count, reaches = count + 1, True
        out.append(count)
    # The stride of a direction in which there is one window says nothing.
    steps = {stride for stride, count in zip(strides, out) if count > 1} or {1}
    node.support(len(steps) == 1, f"strides must be the same for rows and columns, got {strides}")
    return steps.pop(), (pads[0], pads[1], pads[2], pads[3]), (out[0], out[1]), reaches


def _pads(node: Node, size: tuple[int, ...], kernel: tuple[int, int], strides: list[int]) -> list[int]:
    """Rows above, columns before, rows below, columns behind."""
    rule = node.attribute("auto_pad", "STRING", "NOTSET")
    pads = node.numbers("pads", 4, 0, 0)
    known = ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER")
    node.require(rule in known, f"auto_pad must be one of {', '.join(known)}, got {rule[:80]!r}")
    if rule == "NOTSET":
        return pads
    node.require(pads == [0] * 4, f"pads must be 0 with auto_pad {rule}, got {pads}")
    if rule == "VALID":
        return pads
    total = [
        max(0, (math.ceil(size[axis] / strides[axis]) - 1) * strides[axis] + kernel[axis] - size[axis])
        for axis in range(2)
    ]
    less, more = [t // 2 for t in total], [t - t // 2 for t in total]
    return less + more if rule == "SAME_UPPER" else more + less


def convolution(node: Node) -> Value:
    """Conv: weights [out, in, rows, columns] become [rows, columns, in, out]."""
    node.count(2, 3)
    image = node.image()
    weight = node.weights(1, 4)
    groups = node.attribute("group", "INT", 1)
    node.support(groups == 1, f"group must be 1, got {groups}")
    outputs, inputs, rows, columns = weight.shape
    kernel = node.attribute("kernel_shape", "INTS", [rows, columns])
    node.fits(kernel == [rows, columns], f"kernel_shape must be that of the weights, got {kernel[:9]}")
    node.fits(inputs == image.shape[0], f"weights for {inputs} channels get {image.shape[0]}")
    node.support(image.order is None, "a convolution of a row that was an image is not supported")
    bias = node.vector(2, outputs) if node.has(2) else None
    stride, pads, size, _ = _windows(node, image, (rows, columns))
    return Linear(
        node.label,
        node.name,
        [image],
        (outputs, *size),
        weight=weight.transpose(2, 3, 1, 0),
        bias=bias,
        stride=stride,
        pads=pads,
    )


def _kernel(node: Node) -> tuple[int, int]:
    kernel = node.attribute("kernel_shape", "INTS")
    good = kernel is not None and len(kernel) == 2 and all(1 <= size <= 65536 for size in kernel)
    node.support(good, f"kernel_shape must be 2 numbers 1 ... 65536, got {kernel[:9] if kernel else kernel}")
    return int(kernel[0]), int(kernel[1])


def max_pool(node: Node) -> Value:
    """MaxPool, also with ceil_mode."""
    node.count(1)
    image, kernel = node.image(), _kernel(node)
    node.flag("storage_order")  # of the second result, which nothing may read
    stride, pads, size, _ = _windows(node, image, kernel, node.flag("ceil_mode"))
    return _pool(node, image, "max_pool", kernel, stride, pads, size)


def average_pool(node: Node) -> Value:
    """AveragePool, also with ceil_mode, where it means the same in every program."""
    node.count(1)
    image, kernel = node.image(), _kernel(node)
    counts = node.flag("count_include_pad")
    stride, pads, size, reaches = _windows(node, image, kernel, node.flag("ceil_mode"))
    if reaches:
        # What lies past the padding counts nowhere: where nothing else is added, nothing added counts.
        node.support(
            not counts or not any(pads[:2]), "ceil_mode with pads that count (count_include_pad) is not supported"
        )
        counts = False
    return _pool(node, image, "average_pool", kernel, stride, pads, size, counts or not any(pads))


def _pool(
    node: Node,
    image: Op,
    kind: str,
    kernel: tuple[int, int],
    stride: int,
    pads: tuple[int, int, int, int],
    size: tuple[int, int],
    counts_padding: bool = True,
) -> Value:
    if kernel == (1, 1) and stride == 1 and not any(pads):
        return image
    small = max(pads[0], pads[2]) < kernel[0] and max(pads[1], pads[3]) < kernel[1]
    node.require(small, f"pads must be smaller than the window {kernel}, got {pads}")
    shape = (image.shape[0], *size)
    return Pool(node.label, node.name, [image], shape, kind, kernel, stride, pads, counts_padding)


def whole_image(kind: str) -> Callable[[Node], Value]:
    """GlobalAveragePool and GlobalMaxPool."""

    def operator(node: Node) -> Value:
        node.count(1)
        image = node.image()
        return _whole(node, image, kind)

    return operator


def _whole(node: Node, image: Op, kind: str) -> Op:
    rows, columns = image.shape[1:]
    node.support(max(rows, columns) <= 65536, f"images must have <= 65536 rows and columns, got {Node.shape(image)}")
    return Pool(node.label, node.name, [image], (image.shape[0], 1, 1), kind, (rows, columns), 1)


def reduce_mean(node: Node) -> Value:
    """ReduceMean over rows and columns."""
    node.count(1, 2)
    image = node.image()
    node.only("noop_with_empty_axes", "INT", 0)
    axes = node.axes(4, [0, 1, 2, 3])
    node.support(axes == [2, 3], f"a mean must be one over rows and columns (axes 2 and 3), got {axes}")
    mean = _whole(node, image, "average_pool")
    if node.flag("keepdims", 1):
        return mean
    return Flatten(node.label, node.name, [mean], image.shape[:1])
