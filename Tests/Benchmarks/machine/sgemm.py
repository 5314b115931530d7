"""The rate of a product of matrices, 1024 x 1024 x 1024, by the BLAS that PyTorch or NumPy brings: `sgemm.py torch 2`.

One JSON line. The faster of the two is what the roofline of RESULTS.md calls the SGEMM peak.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable

SIZE, REPETITIONS = 1024, 9


def product(library: str) -> Callable[[], object]:
    if library == "numpy":
        import numpy as np

        a, b, c = (np.ones((SIZE, SIZE), np.float32) for _ in range(3))
        return lambda: np.matmul(a, b, out=c)
    import torch

    torch.set_num_threads(threads)
    x, y, z = (torch.ones(SIZE, SIZE) for _ in range(3))
    return lambda: torch.mm(x, y, out=z)


library, threads = sys.argv[1], int(sys.argv[2])
os.environ.update(dict.fromkeys(["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"], str(threads)))
call = product(library)
rates = []
for repetition in range(-2, REPETITIONS):
    start = time.perf_counter()
    for _ in range(4):
        call()
    if repetition >= 0:
        rates.append(4 * 2 * SIZE**3 / (time.perf_counter() - start) * 1e-9)
rates.sort()
figures = {"min": rates[0], "median": rates[len(rates) // 2], "max": rates[-1]}
print(json.dumps({"what": f"sgemm {SIZE}, {library}", "unit": "GFLOP/s", "threads": threads, **figures}))
