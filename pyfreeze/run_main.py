"""Runs an extension module as `python SCRIPT ARGS…` would run its source: `python run_main.py EXTENSION NAME SCRIPT ARGS…`.

Run as a file, not with -m, which would look for pyfreeze in the current folder first. Standard library only, so that a
program starts as fast as it does interpreted; and all in one frame, the only one that it has more than then.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    import os.path

    extension, name, script = sys.argv[1:4]
    sys.argv = sys.argv[3:]
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.realpath(script))

    import _imp
    from importlib.machinery import ExtensionFileLoader, ModuleSpec, SourceFileLoader

    module = _imp.create_dynamic(ModuleSpec(name, ExtensionFileLoader(name, extension), origin=extension))
    path = os.path.abspath(script)
    module.__dict__.update(  # in the order that globals() has in a script
        __package__=None,
        __loader__=SourceFileLoader("__main__", path),
        __spec__=None,
        __annotations__={},
        __builtins__=__builtins__,
        __file__=path,
        __cached__=None,
    )
    module.__name__ = "__main__"
    sys.modules["__main__"] = module
    try:
        _imp.exec_dynamic(module)
    except BaseException as error:
        assert error.__traceback__ is not None
        remaining = error.__traceback__.tb_next
        users_hook = sys.excepthook

        def hook(kind: type[BaseException], error: BaseException, _: object) -> None:
            """The program's own frames are all that its traceback shows."""
            users_hook(kind, error.with_traceback(remaining), remaining)

        sys.excepthook = hook
        raise
