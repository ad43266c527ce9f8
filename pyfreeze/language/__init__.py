"""The language package for plain CPython: what `pyfreeze` exports. Standard library only."""
