#!/usr/bin/env python3
"""Imports networks of torchvision, as both of PyTorch's exporters write them.

Their scores are compared with those of ONNX Runtime. Needs torch, torchvision, onnx, onnxscript and onnxruntime:

    check_onnx.py [--models vgg11,resnet18] [--opsets 13,18] [--exporters script,dynamo] [--samples 2] [--folder DIR]

ONNX Runtime is told to read operator sets that are newer than its last official one. Where it has no kernel for them
yet, scores are compared with PyTorch's own, and the row says so. Prints a row a file and fails where a score differs by
more than 1e-4 of the largest. Weights are drawn, not trained; running means and variances of batch normalisation are
drawn too, so that folding has something to fold.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import pathlib
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator

os.environ["ALLOW_RELEASED_ONNX_OPSET_ONLY"] = "0"

import numpy as np  # noqa: E402
import onnx  # noqa: E402
import onnxruntime  # noqa: E402
import torch  # noqa: E402
import torchvision  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "src"))
import snn  # noqa: E402

BAR = 1e-4
MODELS = "vgg11,vgg16_bn,resnet18,resnet34"


def network(name: str, seed: int) -> torch.nn.Module:
    """A model with drawn weights and drawn statistics."""
    torch.manual_seed(seed)
    model = getattr(torchvision.models, name)(weights=None)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.2, 0.2)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.2, 0.2)
    return model.eval()


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """What the exporters print, from C++ too, goes nowhere."""
    sys.stdout.flush()
    kept = [os.dup(1), os.dup(2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        yield
    finally:
        sys.stdout.flush()
        for number, file in enumerate(kept, 1):
            os.dup2(file, number)
            os.close(file)
        os.close(nowhere)


def export(model: torch.nn.Module, size: int, path: str, exporter: str, opset: int) -> None:
    """One file, with a free batch."""
    example = torch.zeros(2, 3, size, size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if exporter == "script":
            axes = {"image": {0: "batch"}, "scores": {0: "batch"}}
            names = {"input_names": ["image"], "output_names": ["scores"]}
            torch.onnx.export(model, (example,), path, opset_version=opset, dynamo=False, dynamic_axes=axes, **names)
        else:
            batch = ({0: torch.export.Dim("batch")},)
            torch.onnx.export(
                model, (example,), path, opset_version=opset, dynamo=True, dynamic_shapes=batch, verbose=False
            )


def compare(path: str, model: torch.nn.Module, size: int, samples: int) -> tuple[int, str, float, float, float, float]:
    """Operator set, what was compared with, largest score, largest difference, seconds to load and to predict."""
    images = np.random.default_rng(7).standard_normal((samples, 3, size, size)).astype(np.float32)
    started = time.perf_counter()
    imported = snn.onnx.load(path)
    loaded = time.perf_counter()
    scores = imported.predict(images)
    predicted = time.perf_counter()
    opset = onnx.load(path, load_external_data=False).opset_import[0].version
    try:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        (expected,) = session.run(None, {session.get_inputs()[0].name: images})
        against = f"ONNX Runtime {onnxruntime.__version__}"
    except Exception:
        with torch.no_grad():
            expected = model(torch.from_numpy(images)).numpy()
        against = f"PyTorch {torch.__version__}"
    return opset, against, abs(expected).max(), abs(expected - scores).max(), loaded - started, predicted - loaded


def main() -> int:
    """Every model, exporter and operator set; 1 where one is off."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    newest = onnx.defs.onnx_opset_version()
    parser.add_argument("--models", default=MODELS)
    parser.add_argument("--opsets", default=",".join(map(str, range(13, newest + 1))))
    parser.add_argument("--exporters", default="script,dynamo")
    parser.add_argument("--samples", type=int, default=2)
    parser.add_argument("--size", type=int, default=224, help="rows and columns of an image")
    parser.add_argument("--folder", help="where the files go; by default a temporary folder")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    columns = ["model", "exporter", "asked for", "operator set", "against", "largest score"]
    columns += ["largest difference", "relative", "load, s", "predict, s"]
    print("|", " | ".join(columns), "|")
    print("|" + "---|" * len(columns), flush=True)
    off = 0
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for name in options.models.split(","):
            model = network(name, seed=1)
            for exporter in options.exporters.split(","):
                for opset in map(int, options.opsets.split(",")):
                    path = os.path.join(folder, f"{name}-{exporter}-{opset}.onnx")
                    row = f"| {name} | {exporter} | {opset} |"
                    try:
                        with silence():
                            export(model, options.size, path, exporter, opset)
                    except Exception as problem:
                        print(f"{row} the exporter refuses: {str(problem).splitlines()[0][:80]} |", flush=True)
                        continue
                    found, against, largest, difference, load, predict = compare(
                        path, model, options.size, options.samples
                    )
                    off += not difference <= BAR * largest
                    numbers = (
                        f"{largest:.4g} | {difference:.2g} | {difference / largest:.2g} | {load:.1f} | {predict:.1f}"
                    )
                    print(f"{row} {found} | {against} | {numbers} |", flush=True)
                    for file in (path, path + ".data"):
                        with contextlib.suppress(FileNotFoundError):
                            os.remove(file)
    return 1 if off else 0


if __name__ == "__main__":
    sys.exit(main())
