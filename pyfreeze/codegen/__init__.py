"""LOWERED IR to an object file: LLVM text, the module's static data, and LLVM itself. Decides no semantics."""
