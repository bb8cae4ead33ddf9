"""The wheels of our programs, collected on the host: a build of an image reaches no network."""

from __future__ import annotations

import hashlib
import platform
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.errors import RuntimeFailure
from harness.toolchain.cache import Say, prepare_cache, workshop
from harness.toolchain.command import work

# What lending_service and mock_services import. pip comes along: it installs the others.
REQUIREMENTS = (
    "asyncpg",
    "httptools",
    "httpx",
    "httpx-aiohttp",
    "msgspec",
    "pip",
    "starlette",
    "tenacity",
    "uvicorn",
    "uvloop",
)
LOAD = ("locust", "msgspec", "pip")  # what the load imports
CONSTRAINTS = "compose/constraints.txt"  # a link to the one file of the project
GLIBC = ("2_28", "2_17")  # PEP 600: the oldest that wheels are made for; newer systems run them


def fingerprint(root: Path, wanted: Sequence[str] = REQUIREMENTS) -> str:
    """What is asked for, in one line; the same line, the same wheels.

    Raises:
        RuntimeFailure: the file of pinned versions is not there.
    """
    pins = root / CONSTRAINTS
    if not pins.is_file():
        raise RuntimeFailure(f"{pins} is not there; images cannot be made without it")
    what = repr((tuple(wanted), GLIBC, platform.machine(), pins.read_text(encoding="utf-8")))
    return hashlib.sha256(what.encode()).hexdigest()[:12]


def collect(root: Path, python: str, say: Say, wanted: Sequence[str] = REQUIREMENTS) -> Path:
    """A folder of wheels for a Python that need not be ours.

    Args:
        root: of the project; it holds the file of pinned versions.
        python: version of the interpreter in the image, `3.11`.
        say: takes one line of progress.
        wanted: packages; what they need comes along.

    Raises:
        RuntimeFailure: the registry cannot be reached or has no such wheel.
    """
    folder = prepare_cache() / f"wheels-{python}-{fingerprint(root, wanted)}"
    if folder.is_dir():
        return folder
    with workshop("wheels", say) as draft:
        say(f"collecting wheels for Python {python}")
        tags = [f"--platform=manylinux_{glibc}_{platform.machine()}" for glibc in GLIBC]
        command = [sys.executable, "-P", "-m", "pip", "download", "--quiet"]
        command += [
            "--only-binary=:all:",
            "--disable-pip-version-check",
            f"--python-version={python}",
            *tags,
        ]
        command += ["--constraint", str(root / CONSTRAINTS), "--dest", str(draft)]
        work(
            [*command, *wanted],
            aim=f"collecting wheels for Python {python}",
            remedy="see that pip reaches a package registry (`pip download --no-deps msgspec`)",
        )
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(draft, folder)
    return folder


if __name__ == "__main__":
    # For `docker compose build`: every wheel beside the Dockerfiles.
    for packages in (REQUIREMENTS, LOAD):
        made = collect(Path.cwd(), "3.11", print, packages)
        shutil.copytree(made, sys.argv[1], dirs_exist_ok=True)
