"""The C extension; everything else is in pyproject.toml."""

import sys

from setuptools import Extension, setup

SOURCES = ("bindings", "boxing", "entry", "frames", "module", "report", "runtime", "slow_paths")

setup(
    ext_modules=[
        Extension(
            "pyfreeze._runtime",
            sources=[f"runtime/src/{name}.c" for name in SOURCES],
            include_dirs=["runtime/include"],
            depends=["runtime/include/pyfreeze_abi.h", "runtime/include/pyfreeze_slots.h"],
            extra_compile_args=["/std:c11"] if sys.platform == "win32" else ["-std=c11", "-O2", "-fvisibility=hidden"],
        )
    ]
)
