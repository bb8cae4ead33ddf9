"""Private files of a run, locks with a time limit, and a reserve of disk space.

Healing needs none of the three: a lock that is not free in time is gone without, a file that is
gone or cannot be written is remembered in memory.
"""

from __future__ import annotations

import errno
import fcntl
import os
import pwd
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

LOCK_S = 0.5  # chosen: a change takes milliseconds; who holds it longer is stopped, or not of us
POLL_S = 0.01
RESERVE = "reserve"
RESERVE_BYTES = 2**20  # chosen: a hundred times what one run notes while it heals
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)

T = TypeVar("T")


def user_name(uid: int) -> str:
    """A user's name, for people; its number where it has none."""
    try:
        return f"user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"user id {uid}"


def make_private(folder: Path) -> None:
    """Make a folder that only we may enter; one that is there already becomes so."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid == os.geteuid():
        folder.chmod(0o700)


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else may read, from its first byte on."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)


@contextmanager
def locked(path: Path, within_s: float = LOCK_S) -> Iterator[bool]:
    """Hold the lock of a file; go on without it when it is not free in time.

    Args:
        within_s: how long to wait; blocks.

    Returns:
        whether it is held.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:  # the folder is gone, the disk full: nobody waits for that
        yield False
        return
    try:
        yield _taken(handle, within_s)
    finally:
        os.close(handle)


def _taken(handle: int, within_s: float) -> bool:
    until_s = time.monotonic() + within_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() >= until_s:
                return False
            time.sleep(POLL_S)
        else:
            return True


def hold_reserve(folder: Path) -> None:
    """Take some disk from the start, so that healing can note what it did on a full one.

    Raises:
        OSError: there is not so much.
    """
    handle = os.open(folder / RESERVE, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        os.posix_fallocate(handle, 0, RESERVE_BYTES)
    finally:
        os.close(handle)


def with_reserve(folder: Path, write: Callable[[], T]) -> T:
    """Write; on a full disk once more, after the reserve was given back.

    Raises:
        OSError: it cannot be written all the same.
    """
    try:
        return write()
    except OSError as error:
        if error.errno not in NO_SPACE or not (folder / RESERVE).exists():
            raise
        (folder / RESERVE).unlink(missing_ok=True)
        return write()
