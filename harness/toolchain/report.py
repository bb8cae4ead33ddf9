"""What this machine offers, as rows for a person to read."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from harness.errors import ConfigError
from harness.toolchain.cache import Say, cache_dir, size_bytes
from harness.toolchain.etcd import find_etcd, provide_etcd
from harness.toolchain.patroni import find_patroni, provide_patroni
from harness.toolchain.postgres import SYSTEM_ROOTS, find_postgres, provide_postgres
from harness.toolchain.search import Missing, Part
from harness.toolchain.toxiproxy import find_toxiproxy, provide_toxiproxy

PYTHON_MIN = (3, 11)
DOCKER_SOCKET = Path("/var/run/docker.sock")
GIB = 1024**3
MIB = 1024**2


@dataclass(frozen=True)
class Row:
    """One thing a run needs or can use.

    Args:
        part: what it is.
        taken: where it is, or the amount; empty when missing.
        version: as it says itself; empty when it has none.
        origin: how it was found.
        others: what else the machine offers, refused ones with the reason.
        remedy: what to do when it is missing; empty when it is there.
        needed: a run on real processes cannot do without it.
    """

    part: str
    taken: str
    version: str = ""
    origin: str = ""
    others: tuple[str, ...] = ()
    remedy: str = ""
    needed: bool = True


def provide_all(
    say: Say,
    path: str | None = None,
    pg_roots: Sequence[Path] = SYSTEM_ROOTS,
    *,
    patroni: bool = False,
) -> list[Part]:
    """Find or make every part.

    Args:
        say: takes one line of progress.
        patroni: also Patroni and etcd.
        path: folders to search, as in `PATH`; the machine's own when None.
        pg_roots: folders that hold `<version>/bin` of PostgreSQL.

    Raises:
        ConfigError: a variable names something that cannot serve.
        RuntimeFailure: a part could not be made.
    """
    usual = [provide_toxiproxy(say, path), provide_postgres(say, path, pg_roots)]
    return [*usual, *([provide_etcd(say, path), provide_patroni(say, path)] if patroni else [])]


def report(path: str | None = None, pg_roots: Sequence[Path] = SYSTEM_ROOTS) -> list[Row]:
    """Every part and what the machine is, without making or changing anything.

    Args:
        path: folders to search, as in `PATH`; the machine's own when None.
        pg_roots: folders that hold `<version>/bin` of PostgreSQL.
    """
    return [
        _python(),
        _load(),
        _part("toxiproxy", find_toxiproxy),
        _part("postgres", lambda: find_postgres(path, pg_roots)),
        _part("patroni", lambda: find_patroni(path), needed=False),
        _part("etcd", lambda: find_etcd(path), needed=False),
        _docker(),
        _size(),
        _cache(),
    ]


def _part(name: str, find: Callable[[], Part | Missing], *, needed: bool = True) -> Row:
    try:
        found = find()
    except ConfigError as why:
        return Row(name, "", remedy=str(why), needed=needed)
    if isinstance(found, Missing):
        return Row(name, "", others=found.others, remedy=found.remedy, needed=needed)
    taken = str(found.path)
    return Row(name, taken, found.version, found.origin, found.others, needed=needed)


def _python() -> Row:
    old = sys.version_info < PYTHON_MIN
    remedy = "install Python 3.11 or newer" if old else ""
    return Row(
        "python", sys.executable, platform.python_version(), "this interpreter", remedy=remedy
    )


def _load() -> Row:
    """An extra: simulated runs do without."""
    if find_spec("locust") is None:
        return Row("locust", "", remedy="pip install 'chaos-harness[load]'")
    return Row("locust", "installed", version("locust"), "this environment")


def _docker() -> Row:
    """Only whether the engine's socket is there: asking it needs its client."""
    named = os.environ.get("DOCKER_HOST", "")
    if named and not named.startswith("unix://"):
        return Row("docker", named, origin="DOCKER_HOST", needed=False)
    socket = Path(named.removeprefix("unix://")) if named else DOCKER_SOCKET
    if socket.is_socket():
        return Row("docker", str(socket), origin="socket", needed=False)
    remedy = f"no socket at {socket}; only runs in containers need it: start a Docker engine"
    return Row("docker", "", remedy=remedy, needed=False)


def _size() -> Row:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GIB
    kind = f"{platform.system()} {platform.machine()}"
    return Row("machine", f"{cores} cores, {memory:.0f} GiB", origin=kind)


def _cache() -> Row:
    origin = "HARNESS_CACHE" if os.environ.get("HARNESS_CACHE") else "default"
    folder = cache_dir()
    return Row("cache", str(folder), f"{size_bytes(folder) / MIB:.0f} MiB", origin, needed=False)
