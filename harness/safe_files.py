"""Reads files that somebody else wrote: ordinary ones only, and no more than was agreed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from harness.errors import ConfigError, Problem


def read_bytes(path: Path, most: int, *, follow: bool = True) -> bytes:
    """The content of a file.

    Args:
        most: bytes.
        follow: whether a link is followed; not in a folder that comes from elsewhere.

    Raises:
        ConfigError: missing, no ordinary file, or too large.
    """
    fd = _open(path, follow=follow)
    with os.fdopen(fd, "rb") as stream:
        raw = stream.read(most + 1)
    if len(raw) > most:
        raise ConfigError(Problem(f"larger than {_size(most)}", str(path), f"up to {_size(most)}"))
    return raw


def lines(path: Path, most: int) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers from 1; the last may have no line end. No link is followed.

    Args:
        most: bytes of one line.

    Raises:
        ConfigError: missing, no ordinary file, or a line that is too long.
    """
    with os.fdopen(_open(path, follow=False), "rb") as stream:
        number = 0
        while line := stream.readline(most + 1):
            number += 1
            if len(line) > most:
                where = f"{path}:{number}"
                raise ConfigError(Problem("a line without an end", where, f"up to {_size(most)}"))
            yield number, line


def _open(path: Path, *, follow: bool) -> int:
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    try:
        fd = os.open(path, flags)
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL in it
        why = error.strerror if isinstance(error, OSError) else str(error)
        link = not follow and path.is_symlink()
        cause = "a link, which is not followed here" if link else f"cannot read it: {why}"
        raise _unreadable(cause, path, follow=follow) from None
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise _unreadable("no ordinary file", path, follow=follow)
    return fd


def _unreadable(cause: str, path: Path, *, follow: bool) -> ConfigError:
    """Where no link is followed the file is part of a record: it can be put back or made anew."""
    advice = "" if follow else "restore it, or run again"
    return ConfigError(Problem(cause, str(path), "an ordinary file that you may read", advice))


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{count >> 10} KiB"
