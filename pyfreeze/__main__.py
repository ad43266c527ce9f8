"""The command `pyfreeze`, and `python -m pyfreeze`. Says what to install where only the run-time part is."""

from __future__ import annotations

import sys


def main() -> None:
    try:
        from pyfreeze.cli import main as command_line
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("pyfreeze"):
            raise
        sys.exit(
            f"pyfreeze: error: the compiler needs `{error.name}`, which is not installed [PF508]\n"
            "    hint: pip install 'pyfreeze[compiler]'"
        )
    except KeyboardInterrupt:  # so early that there is nothing to clean up
        sys.exit("Aborted!")
    command_line()


if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # -m put the current folder there: a user's random.py is not the one that we mean
    main()
