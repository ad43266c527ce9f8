"""The C extension and the packages; everything else is in pyproject.toml.

The compiler reads the runtime's header, so `runtime/include` is installed inside the package.
"""

import os
import sys
import sysconfig

from setuptools import Extension, find_packages, setup

SOURCES = (
    *("bindings", "boxing", "classes", "entry", "frames", "module", "named_tuples", "native", "report"),
    *("resume", "runtime", "slow_paths", "view"),
)
FRAMED_SOURCES = (
    *("framed", "direct_calls", "frameless_calls", "inline_caches", "objects", "exceptions", "matching", "imports"),
    *("operators", "subscripts", "builtins_called", "instances", "unboxed"),
)
VALUE_SOURCES = ("layout", "value_class", "value_construct", "value_object")
ARRAY_SOURCES = (
    *("array", "array_type", "array_sequence", "array_methods", "array_iteration", "array_search"),
    *("array_buffer", "buffer_format", "array_pickle", "array_sort"),
)


def flags(compiler: str) -> list[str]:
    """For compiling and for linking. Short ways are spread over files: only where all are seen together are they inlined."""
    if sys.platform == "win32":
        return ["/std:c11"]
    # A function of CPython's that a version declares elsewhere would return an int.
    undeclared = "-Werror=implicit-function-declaration"
    return ["-std=c11", "-O3", "-fvisibility=hidden", undeclared, *["-flto"] * ("gcc" in compiler)]


FLAGS = flags(os.environ.get("CC") or sysconfig.get_config_var("CC") or "")
HEADERS = ("abi", "slots", "layout", "values", "array", "view")

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
            sources=[f"runtime/src/{name}.c" for name in (*SOURCES, *FRAMED_SOURCES, *VALUE_SOURCES, *ARRAY_SOURCES)],
            include_dirs=["runtime/include"],
            depends=[
                "runtime/src/internals.h",
                "runtime/src/fast_paths.h",
                *(f"runtime/include/pyfreeze_{name}.h" for name in HEADERS),
            ],
            extra_compile_args=FLAGS,
            extra_link_args=[flag for flag in FLAGS if flag == "-flto"],
        )
    ],
)
