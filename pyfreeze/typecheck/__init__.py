"""mypy as a library: a module's tree and what mypy says about it."""
