"""The folder that keeps the parts between runs, and safe ways to put something into it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.errors import ConfigError, Problem, RuntimeFailure
from harness.private import locked
from harness.text import quoted

Say = Callable[[str], None]

# PostgreSQL refuses root, so it runs as an unprivileged user, who cannot enter root's home.
ROOT_CACHE = Path("/var/cache/chaos-harness")
MADE_S = 1200.0  # chosen: several times what the longest of them takes, a base image


def cache_dir() -> Path:
    """The folder of the cache, whether it exists or not.

    Returns:
        `HARNESS_CACHE`; without it, a system folder for root and a folder of the home for others.

    Raises:
        ConfigError: no folder can be there.
    """
    if chosen := os.environ.get("HARNESS_CACHE"):
        return _possible(Path(chosen).absolute())
    if os.geteuid() == 0:
        return ROOT_CACHE
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if base.startswith("~"):
        raise _no_cache("this user has no home")
    return Path(base) / "chaos-harness"


def _possible(path: Path) -> Path:
    """The same path, where a folder is or can be made."""
    try:
        there = next(one for one in (path, *path.parents) if one.exists())
        if there.is_dir():
            return path
    except OSError as why:
        raise _no_cache(f"{quoted(str(path))}: {why.strerror}") from None
    raise _no_cache(f"{there} is no folder")


def _no_cache(why: str) -> ConfigError:
    allowed, remedy = "a folder that you may write to", "HARNESS_CACHE=FOLDER, or leave it out"
    return ConfigError(Problem(f"no cache: {why}", "HARNESS_CACHE", allowed, remedy))


def prepare_cache() -> Path:
    """Make the cache folder, open to every user of the machine for reading.

    Raises:
        RuntimeFailure: it cannot be made or written to.
    """
    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(0o755)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError("not writable")
    except OSError as why:
        raise RuntimeFailure(
            f"cache folder {folder}: {why}; set HARNESS_CACHE to a folder that you may write to"
        ) from why
    return folder


@contextmanager
def workshop(name: str, say: Say) -> Iterator[Path]:
    """An empty folder in the cache for making one part; gone afterwards.

    The lock on its file is the kernel's: it goes with its process, however that ends, so one
    maker at a time is certain, and what an interrupted one left behind is cleared by the next.

    Raises:
        RuntimeFailure: another process holds the lock for longer than making it can take.
    """
    cache = prepare_cache()
    folder = cache / f".making-{name}"
    with ExitStack() as locks:
        _take(cache / f".{name}.lock", name, say, locks)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(exist_ok=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _take(path: Path, name: str, say: Say, locks: ExitStack) -> None:
    if locks.enter_context(locked(path, within_s=0)):
        return
    say(f"{name}: another process is making it; waiting")
    if not locks.enter_context(locked(path, within_s=MADE_S)):
        raise RuntimeFailure(
            f"{name}: not made within {MADE_S / 60:g} min by the process that holds {path}; "
            f"see who does: fuser {path}; end it, then try again"
        )


def open_to_all(folder: Path) -> None:
    """Let every user read a tree, and enter or run what its owner can (`chmod -R a+rX`)."""
    for path in [folder, *folder.rglob("*")]:
        mode = path.stat().st_mode
        path.chmod(mode | (0o555 if mode & 0o100 else 0o444))


def closed_to_others(path: Path) -> Path | None:
    """The outermost folder on the way to `path` that an unprivileged user cannot enter."""
    way = [*reversed(path.parents), path]
    return next((step for step in way if step.exists() and not step.stat().st_mode & 0o001), None)


def size_bytes(folder: Path) -> int:
    """Bytes of all files below a folder; 0 when it is not there."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
