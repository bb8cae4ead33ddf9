"""stdout and stderr whose errors never end a run: what cannot be printed is dropped and counted.

A pipe whose reader has gone, a terminal that was closed, a full disk, a descriptor that was never
open, a character that the locale does not have: none of them is an error of what is being done.

The runner of a pipeline reads what is printed for commands of its own, also where a service has
said them; they stand there as escapes, which JSON has too.
"""

from __future__ import annotations

import io
import os
import re
import sys
from typing import Any, TextIO, cast

RUNNERS = ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")
# Source: actions/runner, ActionCommand.cs: `::name::` begins a line, spaces apart; `##[name]`, of
# others `##vso[`, `##teamcity[`, stands anywhere.
_AT_BEGIN, _ANYWHERE = re.compile(r"(?m)^(\s*):(?=:|$)"), re.compile(r"##(?=\w*\[)")


class Outlet(io.TextIOBase):
    """A stream of text.

    Args:
        stream: where it goes as long as that works.
    """

    def __init__(self, stream: TextIO) -> None:
        """Nothing has failed yet."""
        self._stream = stream
        self._in_line = False
        self.failure: OSError | None = None

    def write(self, text: str, /) -> int:
        """Print it, unless an earlier print has failed."""
        self._put(self._without_commands(text) if _is_read_by_a_runner() else text)
        return len(text)

    def command(self, text: str) -> None:
        """Print a command of our own to the runner of a pipeline."""
        self._put(f"{text}\n")
        self.flush()

    def _put(self, text: str) -> None:
        if self.failure is None:
            try:
                self._stream.write(text)
            except (OSError, ValueError) as why:
                self._fail(why)

    def _without_commands(self, text: str) -> str:
        begun = text.partition("\n")[0] if self._in_line else ""
        rest = text[len(begun) :]
        last = text.rpartition("\n")[2]
        self._in_line = bool(last.strip()) or (self._in_line and "\n" not in text)
        return _ANYWHERE.sub(r"\\u0023#", begun + _AT_BEGIN.sub(r"\1\\x3a", rest))

    def flush(self) -> None:
        """Hand over what was printed."""
        if self.failure is None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as why:
                self._fail(why)

    def _fail(self, why: OSError | ValueError) -> None:
        self.failure = why if isinstance(why, OSError) else OSError(0, str(why))
        fd = os.open(os.devnull, os.O_WRONLY)
        try:  # the interpreter flushes once more when it ends
            os.dup2(fd, self._stream.fileno())
        except (OSError, ValueError):
            pass
        finally:
            os.close(fd)

    @property
    def broken_pipe(self) -> bool:
        """Whether its reader has gone."""
        return isinstance(self.failure, BrokenPipeError)

    @property
    def encoding(self) -> str:  # type: ignore[override]  # typeshed has a plain attribute here
        """Of the stream."""
        return self._stream.encoding

    def writable(self) -> bool:
        """It takes text."""
        return True

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self.failure is None and self._stream.isatty()

    def fileno(self) -> int:
        """The descriptor below."""
        return self._stream.fileno()


def install() -> tuple[Outlet, Outlet]:
    """Put outlets in the place of stdout and stderr.

    Returns:
        both.
    """
    _open_the_closed()
    out, err = _outlet(sys.stdout, 1), _outlet(sys.stderr, 2)
    sys.stdout, sys.stderr = cast("TextIO", out), cast("TextIO", err)
    return out, err


def _is_read_by_a_runner() -> bool:
    return any(os.environ.get(name) for name in RUNNERS)


def _open_the_closed() -> None:
    """Descriptors 0, 1 and 2 that were closed lead nowhere, so that no file of a run gets them."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.dup2(fd := os.open(os.devnull, os.O_RDWR), number)
            if fd != number:
                os.close(fd)


def _outlet(stream: Any, number: int) -> Outlet:
    if stream is None:  # it was closed when the interpreter began
        stream = open(number, "w", closefd=False)  # noqa: SIM115 - lives as long as the process
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return Outlet(stream)
