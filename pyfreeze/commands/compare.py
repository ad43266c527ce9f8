"""`pyfreeze run --compare`: a program interpreted and compiled, on the same input; what it writes must be the same."""

from __future__ import annotations

import contextlib
import difflib
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import IO

import click


@dataclass(frozen=True, slots=True)
class _Outcome:
    stdout: bytes
    stderr: bytes
    status: int
    seconds: float

    def same_as(self, other: _Outcome) -> bool:
        return (self.stdout, self.stderr, self.status) == (other.stdout, other.stderr, other.status)


def compare(interpreted: list[str], compiled: list[str]) -> int:
    """Run both commands; show the output, both times, and what differs. The program's exit status, or 1 if it differs."""
    replay = _Replay()
    # A set of strings is printed in another order with every hash seed.
    environment = {**os.environ, "PYTHONHASHSEED": os.environ.get("PYTHONHASHSEED", "0")}
    plain, fast = (_run(command, replay, environment) for command in (interpreted, compiled))
    for stream, text in ((sys.stdout, fast.stdout), (sys.stderr, fast.stderr)):
        if stream is not None:  # closed
            stream.buffer.write(text)
            stream.buffer.flush()
    same = plain.same_as(fast)
    click.echo(
        f"interpreted {plain.seconds:.2f} s, compiled {fast.seconds:.2f} s "
        f"({plain.seconds / fast.seconds:.1f} times as fast), {'same output' if same else 'DIFFERENT output'}"
    )
    if not same:
        _show_difference(plain, fast)
        return 1
    return fast.status if fast.status >= 0 else 128 - fast.status


class _Replay:
    """Our standard input for several programs: each gets all of it.

    It is read while the first one runs, so that a program which reads nothing does not wait for input that never
    comes. A terminal is left to the programs themselves.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self._ended = False
        self._more = threading.Condition()
        self._started = False
        self.inherited = sys.stdin is not None and sys.stdin.isatty()

    def feed(self, pipe: IO[bytes]) -> None:
        """Start to write everything to `pipe`, and close it after the last byte."""
        if not self._started:
            self._started = True
            threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._write, args=(pipe,), daemon=True).start()

    def _read(self) -> None:
        chunk = b"more"
        while chunk:
            try:
                chunk = os.read(0, 1 << 16)
            except OSError:  # closed
                chunk = b""
            with self._more:
                self._data += chunk
                self._ended = not chunk
                self._more.notify_all()

    def _write(self, pipe: IO[bytes]) -> None:
        written = 0
        with contextlib.suppress(OSError, ValueError), pipe:  # a program need not read to the end
            while chunk := self._from(written):
                pipe.write(chunk)
                pipe.flush()
                written += len(chunk)

    def _from(self, start: int) -> bytes:
        """What there is from `start` on, as soon as there is any; nothing at the end."""
        with self._more:
            self._more.wait_for(lambda: len(self._data) > start or self._ended)
            return bytes(self._data[start:])


def _run(command: list[str], replay: _Replay, environment: dict[str, str]) -> _Outcome:
    start = time.perf_counter()
    stdin = None if replay.inherited else subprocess.PIPE
    with subprocess.Popen(
        command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        if process.stdin is not None:
            replay.feed(process.stdin)
            process.stdin = None  # communicate() would close it
        try:
            stdout, stderr = process.communicate()
        except BaseException:  # a signal: the program must not outlive us
            process.kill()
            process.wait()
            raise
    return _Outcome(stdout, stderr, process.returncode, time.perf_counter() - start)


def _show_difference(plain: _Outcome, fast: _Outcome) -> None:
    for name, one, other in (("stdout", plain.stdout, fast.stdout), ("stderr", plain.stderr, fast.stderr)):
        before, after = (data.decode(errors="backslashreplace").splitlines() for data in (one, other))
        titles = f"interpreted {name}", f"compiled {name}"
        for line in difflib.unified_diff(before, after, *titles, lineterm="", n=1):
            click.echo(line, err=True)
    if plain.status != fast.status:
        click.echo(f"exit status {plain.status} interpreted, {fast.status} compiled", err=True)
