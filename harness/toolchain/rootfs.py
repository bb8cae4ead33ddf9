"""Root file systems made of the distribution's own packages, for where no image can be pulled."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.errors import RuntimeFailure
from harness.toolchain.cache import Say, prepare_cache, workshop
from harness.toolchain.command import ask, work

TOOL = "debootstrap"
BASE = ("python3",)
POSTGRES = ("python3", "postgresql")
OS_RELEASE = Path("/etc/os-release")
FAMILIES = ("debian", "ubuntu")
REMEDY = (
    "on Debian or Ubuntu, as root: apt-get install debootstrap; elsewhere name images that can be"
    " pulled: HARNESS_BASE_IMAGE=python:3.11-slim-bookworm HARNESS_POSTGRES_IMAGE=postgres:15"
    " HARNESS_TOXIPROXY_IMAGE=ghcr.io/shopify/toxiproxy:2.12.0"
)
# Downloads that served their purpose, and what is of use to people only.
WASTE = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")
REVISION = 1  # raised when the same packages are treated differently


@dataclass(frozen=True)
class Recipe:
    """What a root file system is made of.

    Args:
        suite: of the distribution: bookworm, noble.
        packages: on top of the smallest system.
    """

    suite: str
    packages: tuple[str, ...]

    @property
    def tag(self) -> str:
        """The suite and the hash of everything that goes in."""
        what = (self.suite, self.packages, WASTE, REVISION, platform.machine())
        return f"{self.suite}-{hashlib.sha256(repr(what).encode()).hexdigest()[:8]}"


def recipe(packages: tuple[str, ...]) -> Recipe:
    """The recipe for this machine's own distribution."""
    return Recipe(_release().get("VERSION_CODENAME", "bookworm"), packages)


def _release() -> Mapping[str, str]:
    if not OS_RELEASE.is_file():
        return {}
    lines = OS_RELEASE.read_text(encoding="utf-8").splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line)
    return {key: value.strip('"') for key, value in pairs}


def refusal() -> str:
    """Why none can be made here, "" when one can."""
    if _release().get("ID") not in FAMILIES:
        return f"{OS_RELEASE} names no {' or '.join(FAMILIES)}"
    if os.geteuid() != 0:
        return f"{TOOL} needs root"
    return "" if shutil.which(TOOL) else f"{TOOL} is not installed"


@contextmanager
def made(packages: tuple[str, ...], say: Say) -> Iterator[Path]:
    """A tar archive of a fresh root file system; gone afterwards.

    Args:
        packages: on top of the smallest system.
        say: takes one line of progress.

    Raises:
        RuntimeFailure: it cannot be made here, or a program failed; with its last lines.
    """
    if why := refusal():
        raise RuntimeFailure(f"cannot make an image of {', '.join(packages)}: {why}; {REMEDY}")
    with workshop("rootfs", say) as folder:
        root, archive = folder / "root", folder / "root.tar"
        suite = recipe(packages).suite
        say(f"installing {', '.join(packages)} of {suite} with {TOOL} (a minute, once)")
        kept = prepare_cache() / "packages"  # the next root file system needs most of them again
        kept.mkdir(exist_ok=True)
        options = ["--variant=minbase", f"--include={','.join(packages)}", f"--cache-dir={kept}"]
        work(
            [TOOL, *options, suite, root, _mirror(suite)],
            aim=f"installing {', '.join(packages)}",
            remedy="does apt-get update work here? It uses the same archive",
        )
        for waste in WASTE:
            shutil.rmtree(root / waste, ignore_errors=True)
        pack: list[str | Path] = ["tar", "--numeric-owner", "-C", root, "-cf", archive, "."]
        work(pack, aim=f"packing {root}", remedy="is there space in the cache folder?")
        yield archive


def _mirror(suite: str) -> str:
    """Where apt gets this suite from; it is set up for this machine, a public one may not be."""
    for line in ask(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)"]).splitlines():
        where, _, release = line.partition(" ")
        if release == suite:
            return where
    raise RuntimeFailure(f"apt has no source for {suite}; run apt-get update, see {REMEDY}")
