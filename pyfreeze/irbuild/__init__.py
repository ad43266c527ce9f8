"""mypy's tree to IR @BUILT. A function that cannot be built keeps its twin, with the reason."""
