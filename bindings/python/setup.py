"""Puts libsnn into the wheel; everything else is in pyproject.toml.

The library is $SNN_LIBRARY, or build/libsnn.so of the checkout this folder lies in, which is built where it is missing.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

HERE = pathlib.Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
FILE = "libsnn.dylib" if sys.platform == "darwin" else "libsnn.so"


def library() -> pathlib.Path:
    """The library to carry."""
    if not (CHECKOUT / "Include" / "snn.h").is_file():
        sys.exit("snn must be built inside a checkout of the whole repository: pip install ./bindings/python")
    chosen = os.environ.get("SNN_LIBRARY")
    path = pathlib.Path(chosen) if chosen else CHECKOUT / "build" / FILE
    if not path.is_file() and not chosen:
        subprocess.run(["make", "build"], cwd=CHECKOUT, check=True, stdout=sys.stderr)
    if not path.is_file():
        sys.exit(f"{path} must be there: `make build` makes it, or SNN_LIBRARY names another")
    return path


class BuildPackage(build_py):
    """Adds `_lib`: the library, the license and the third-party notices."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:  # a checkout finds its own build folder
            return
        folder = pathlib.Path(self.build_lib) / "snn" / "_lib"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(library(), folder / FILE)
        for notice in [CHECKOUT / "LICENSE", CHECKOUT / "docs" / "third-party.md"]:
            shutil.copyfile(notice, folder / notice.name)


class PlatformWheel(bdist_wheel):
    """Any Python 3, one platform: ctypes does not care for the interpreter, the library does for the processor."""

    def get_tag(self) -> tuple[str, str, str]:
        return ("py3", "none", super().get_tag()[2])


class PlatformDistribution(Distribution):
    def has_ext_modules(self) -> bool:
        return True


with tempfile.TemporaryDirectory(prefix="snn-wheel-") as scratch:
    setup(
        cmdclass={"build_py": BuildPackage, "bdist_wheel": PlatformWheel},
        distclass=PlatformDistribution,
        # Elsewhere than in the checkout, so that no file of an earlier build gets into the wheel.
        options={"build": {"build_base": scratch}},
    )
