"""Patroni: found on the machine, or unpacked once from the package registry.

PostgreSQL refuses root, and so does Patroni: where we are root, neither the program nor its
interpreter may lie behind a folder that is closed to others, as a virtual environment below
/root does.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.errors import RuntimeFailure
from harness.ownership import foreign
from harness.toolchain.cache import Say, cache_dir, closed_to_others, open_to_all, workshop
from harness.toolchain.command import ask, work
from harness.toolchain.search import Candidate, Missing, Part, Unfit, choose, demanded, on_path

NAME = "patroni"
VERSION_MIN = (4, 0)
WANTED = "patroni[etcd3,psycopg3]"
VERSION = "4.1.5"
NO_WHEELS = "ydiff,python-etcd"  # pure Python, published as sources alone
VARIABLE = "HARNESS_PATRONI"
ALLOWED = f"a patroni {'.'.join(map(str, VERSION_MIN))} or newer"
CONSTRAINTS = Path(__file__).parents[2] / "compose" / "constraints.txt"
INTERPRETERS = ("/usr/bin/python3", "/usr/local/bin/python3")
REMEDY = (
    "run `harness parts --patroni`: it installs Patroni once (41 MB); or `pip install "
    f"chaos-harness[dr]` in an environment that PostgreSQL's user can read; or set {VARIABLE} to"
    f" {ALLOWED}"
)
# Isolated: nothing of a caller's environment takes the place of what lies beside it.
LAUNCHER = """#!{python} -I
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "packages"))

from patroni.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
"""


def find_patroni(path: str | None = None) -> Part | Missing:
    """The program that a run would use.

    Order: `HARNESS_PATRONI`, then what is installed beside this interpreter, `PATH`, the cache.

    Args:
        path: folders to search, as in `PATH`; the machine's own when None.

    Raises:
        ConfigError: `HARNESS_PATRONI` names something that cannot serve.
    """
    return choose(NAME, _candidates(path), _version_of, allowed=ALLOWED, remedy=REMEDY)


def provide_patroni(say: Say, path: str | None = None) -> Part:
    """Find Patroni, or install it into the cache.

    Args:
        say: takes one line of progress.
        path: folders to search, as in `PATH`; the machine's own when None.

    Raises:
        ConfigError: `HARNESS_PATRONI` names something that cannot serve.
        RuntimeFailure: it could not be installed, or no interpreter can run it.
    """
    if isinstance(found := find_patroni(path), Part):
        return found
    with workshop(NAME, say) as folder:
        if isinstance(found := find_patroni(path), Part):
            return found  # made by another process while we waited
        python = _interpreter()
        say(f"{NAME}: installing {VERSION} for {python} (41 MB, once)")
        _install(python, folder / "packages")
        program = folder / "bin" / NAME
        program.parent.mkdir()
        program.write_text(LAUNCHER.format(python=python))
        program.chmod(0o755)
        open_to_all(folder)
        version = _version_of(program)
        shutil.rmtree(_cached().parents[1], ignore_errors=True)
        folder.rename(_cached().parents[1])  # the whole tree appears at once
    return Part(NAME, _cached(), version, "cache", found.others)


def _install(python: Path, into: Path) -> None:
    command: list[str | Path] = [sys.executable, "-P", "-m", "pip"]
    command += ["--python", python, "install", "--quiet"]
    command += ["--disable-pip-version-check", "--no-warn-script-location", "--target", into]
    command += ["--only-binary=:all:", f"--no-binary={NO_WHEELS}"]
    if CONSTRAINTS.is_file():
        command += ["--constraint", CONSTRAINTS]
    wanted = f"{WANTED}=={VERSION}"
    remedy = f"see that pip reaches a package registry (`pip download --no-deps {NAME}`)"
    work([*command, wanted], aim=f"installing {wanted}", remedy=remedy)


def _candidates(path: str | None) -> Iterator[Candidate]:
    yield from demanded(VARIABLE)
    beside = Path(sys.prefix, "bin", NAME)
    if beside.is_file():
        yield Candidate("this interpreter", beside)
    yield from (Candidate("PATH", program) for program in on_path(NAME, path))
    if _cached().exists():
        yield Candidate("cache", _cached())


def _cached() -> Path:
    return cache_dir() / f"{NAME}-{VERSION}" / "bin" / NAME


def _interpreter() -> Path:
    """One that PostgreSQL's user can run; ours, where that is no question."""
    ours = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    for python in (ours, *map(Path, INTERPRETERS)):
        if os.access(python, os.X_OK) and not _closed(python):
            return python
    raise RuntimeFailure(
        f"{NAME}: no interpreter that an unprivileged user can run: {ours} is closed to others, "
        f"and there is no {' or '.join(INTERPRETERS)}; install python3, or run the harness as "
        "another user"
    )


def _closed(path: Path) -> Path | None:
    """What keeps PostgreSQL's user from a program; None when it is no other user than ours."""
    return closed_to_others(path) if os.geteuid() == 0 else None


def _version_of(program: Path) -> str:
    if why := foreign(program):
        raise Unfit(why)
    for needed in (program, _python_of(program)):
        if closed := _closed(needed.resolve()):
            raise Unfit(f"{closed} is closed to the unprivileged user that Patroni must run as")
    answer = _installed(program) or ask([program, "--version"])
    said = re.search(r"patroni[ -]((\d+)\.(\d+)(?:\.\d+)*)", answer)
    if not said:
        raise Unfit(f"does not say its version but {answer.strip()[:60]!r}")
    if (int(said[2]), int(said[3])) < VERSION_MIN:
        raise Unfit(f"is version {said[1]}, need {ALLOWED}")
    return said[1]


def _installed(program: Path) -> str:
    """What lies beside a program of ours: quicker than asking it; "" for one of somebody else's."""
    packages = program.parents[1] / "packages"
    return next((one.name for one in packages.glob(f"{NAME}-*.dist-info")), "")


def _python_of(program: Path) -> Path:
    """The interpreter that its first line names; itself where it names none."""
    try:
        with program.open("rb") as file:
            first = file.readline(200)
    except OSError as why:
        raise Unfit(f"cannot be read: {why.strerror}") from why
    words = first.removeprefix(b"#!").split() if first.startswith(b"#!") else []
    return Path(os.fsdecode(words[0])) if words else program
