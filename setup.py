"""The C extension and the packages; everything else is in pyproject.toml.

The compiler reads the runtime's header, so `runtime/include` is installed inside the package.
"""

import sys

from setuptools import Extension, find_packages, setup

SOURCES = ("bindings", "boxing", "entry", "frames", "module", "native", "report", "resume", "runtime", "slow_paths")

setup(
    packages=[*find_packages(include=["pyfreeze", "pyfreeze.*"]), "pyfreeze.runtime.include"],
    package_dir={"pyfreeze.runtime.include": "runtime/include"},
    package_data={
        "pyfreeze": ["py.typed", "*.pyi", "typecheck/stubs/pyfreeze/*.pyi"],
        "pyfreeze.runtime.include": ["*.h"],
    },
    ext_modules=[
        Extension(
            "pyfreeze._runtime",
            sources=[f"runtime/src/{name}.c" for name in SOURCES],
            include_dirs=["runtime/include"],
            depends=["runtime/include/pyfreeze_abi.h", "runtime/include/pyfreeze_slots.h"],
            extra_compile_args=["/std:c11"] if sys.platform == "win32" else ["-std=c11", "-O2", "-fvisibility=hidden"],
        )
    ],
)
