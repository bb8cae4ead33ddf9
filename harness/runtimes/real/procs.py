"""The processes of a run, as /proc has them.

Every process of a run carries the run's mark in its environment, and so do its children: what was
started is found even when whoever started it had no time to write that down, and when every file
that tells of it is gone. A working folder, a number in a file or a lock make nobody a member.

    of the run   carries its mark, is ours, is no older than the run; a database that somebody
                 else started is known by its data folder
                 PostgreSQL's children overwrite their environment: those whose working folder is
                 a data folder of the run, whose program is PostgreSQL's and whose user is its user
                 a descendant of one of these
"""

from __future__ import annotations

import os
import pwd
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from harness.json_types import JsonObject
from harness.procfs import ENDED, PROC, Proc, identify, pids, read_stat

__all__ = ["Proc", "clean_env", "family", "identify", "members"]

MARK = "HARNESS_MARK"
PROGRAM = "HARNESS_PROGRAM"
OWNER = "HARNESS_OWNER"
CACHE = "HARNESS_RUN_CACHE"
STANDING = "standing"  # the owner of what stands without one
POSTGRES = "postgres"
POSTGRES_TOOLS = ("pg_rewind", "pg_waldump", "pg_basebackup", "pg_controldata", "pg_ctl")
PATRONI = "patroni"
UNPRIVILEGED = ("postgres", "nobody")
# All that a program gets of our environment: a cloud key, a proxy, PG* or what another run was
# told is none of its business, and PostgreSQL's user can read what PostgreSQL was given.
PASSED = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
PASSED_PREFIXES = ("LC_", "PYTHON")
PASS_ENV = "HARNESS_PASS_ENV"  # names of more, separated by commas
MARKED = re.compile(r"(?P<run_id>[^/\s.][^/]*)\.[0-9a-f]{16}")  # as document.mark_of makes it


@dataclass(frozen=True)
class Marked:
    """A living process that carries a mark.

    Args:
        owner: process id and start time of who started the run, or STANDING.
        cache: folder of the cache that the run is of.
    """

    proc: Proc
    mark: str
    owner: str
    cache: str

    @property
    def run_id(self) -> str:
        """Of the run; "" for a mark that we never made."""
        found = MARKED.fullmatch(self.mark)
        return found["run_id"] if found else ""


def clean_env() -> dict[str, str]:
    """What a program of a run gets of our environment: PASSED, and what PASS_ENV names."""
    named = {name.strip() for name in os.environ.get(PASS_ENV, "").split(",")}
    return {
        key: value
        for key, value in os.environ.items()
        if key in PASSED or key in named or key.startswith(PASSED_PREFIXES)
    }


def marking(state: JsonObject, program: str) -> dict[str, str]:
    """What a program of a run carries in its environment, to be found by."""
    return {
        MARK: state["mark"],
        PROGRAM: program,
        OWNER: state["owner"],
        CACHE: state["cache"],
    }


def this_owner() -> str:
    """This process, as OWNER tells of it."""
    this = identify(os.getpid())
    return f"{os.getpid()}:{this.start_ticks if this else 0}"


def owner_of(text: str) -> Proc | None:
    """The process that OWNER names; None when it names none."""
    pid, _, ticks = text.partition(":")
    return Proc(int(pid), int(ticks)) if pid.isdigit() and ticks.isdigit() else None


def marked() -> Iterator[Marked]:
    """Every living process of ours that carries a mark, whosever run it is of."""
    for pid in pids():
        stat, pairs = read_stat(pid), _environment(pid)
        mark = pairs.get(MARK, "")
        if mark and stat and stat[0] not in ENDED and _may_be_ours(pid):
            owner = pairs.get(OWNER, "")
            started = owner_of(owner)
            if started is None or stat[2] >= started.start_ticks:
                proc = Proc(pid, stat[2], pairs.get(PROGRAM, ""))
                yield Marked(proc, mark, owner, pairs.get(CACHE, ""))


def members(state: JsonObject) -> list[Proc]:
    """Every living process of a run.

    Args:
        state: recovery state of the run; needs `mark` and `data_dir`, below which each database has
            its folder; `postgres` when it is known.
    """
    marks = (one.proc for one in marked() if one.mark == state["mark"])
    found = {proc.pid: _by_folder(proc, state) for proc in marks}
    stats = {pid: stat for pid in pids() if (stat := read_stat(pid)) and stat[0] not in ENDED}
    for pid in stats:
        if pid not in found and _is_postgres_of(pid, state):
            found[pid] = Proc(pid, stats[pid][2])
    for pid in _descendants(list(found), {pid: stat[1] for pid, stat in stats.items()}):
        found.setdefault(pid, Proc(pid, stats[pid][2]))
    found.pop(os.getpid(), None)
    return [found[pid] for pid in sorted(found)]


def recorded(state: JsonObject, program: str) -> list[Proc]:
    """The processes that are on record for a program, as far as they carry the run's mark."""
    known = [Proc(**one) for one in state["processes"] if one["program"] == program]
    return [one for one in known if _environment(one.pid).get(MARK) == state["mark"]]


def family(state: Mapping[str, object], program: str) -> list[Proc]:
    """The living processes of one program: itself first, then its descendants."""
    everything = {proc.pid: proc for proc in members(state)}
    parents = {pid: stat[1] for pid in everything if (stat := read_stat(pid))}
    heads = {pid for pid, proc in everything.items() if proc.program == program}
    tops = [pid for pid in heads if parents.get(pid) not in heads]
    rest = [pid for pid in _descendants(heads, parents) if pid not in tops]
    return [everything[pid] for pid in [*tops, *rest]]


def serves(proc: Proc, data: Path) -> bool:
    """Whether a process works in this data folder."""
    return Path(_link(proc.pid, "cwd")) == data


def is_postgres(proc: Proc) -> bool:
    """Whether a process runs PostgreSQL, which ends otherwise than our own programs."""
    return Path(_link(proc.pid, "exe")).name == POSTGRES


def is_patroni(proc: Proc) -> bool:
    """Whether a process runs Patroni, which starts its PostgreSQL again."""
    return _runs_patroni(proc.pid)


def _runs_patroni(pid: int) -> bool:
    try:
        words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(word.rpartition(b"/")[2] == PATRONI.encode() for word in words[:3])


def _by_folder(proc: Proc, state: JsonObject) -> Proc:
    """The same process, called after its data folder where that is one of the run."""
    data = Path(_link(proc.pid, "cwd"))
    named = is_postgres(proc) and data.parent == Path(state["data_dir"])
    return replace(proc, program=data.name) if named else proc


def _environment(pid: int) -> dict[str, str]:
    """What the process was started with; {} for another user's, or one that is gone."""
    try:
        pairs = (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return {}
    texts = [pair.decode(errors="replace").partition("=") for pair in pairs]
    return {name: value for name, _, value in texts if name.startswith("HARNESS_")}


def database_account() -> pwd.struct_passwd | None:
    """The user as whom PostgreSQL runs where we are root, who may not run it; None for none."""
    for name in UNPRIVILEGED if os.geteuid() == 0 else ():
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


def users_of(*, database: bool) -> set[int]:
    """The users as whom a program of a run runs: ours, of a database and what starts it also
    PostgreSQL's."""
    other = database_account() if database else None
    return {os.geteuid(), *([other.pw_uid] if other else ())}


def _may_be_ours(pid: int) -> bool:
    """A mark can be copied by whoever reads it, or made up: the user must be ours, or
    PostgreSQL's, who runs nothing else of ours but Patroni."""
    uid = _uid(pid)
    if uid == os.geteuid():
        return True
    known = (POSTGRES, *POSTGRES_TOOLS)
    databases = Path(_link(pid, "exe")).name in known or _runs_patroni(pid)
    return databases and uid in users_of(database=True)


def _is_postgres_of(pid: int, state: JsonObject) -> bool:
    """Whether it is a PostgreSQL of the run by its folder, its program and its user."""
    data = Path(_link(pid, "cwd"))
    if data.parent != Path(state["data_dir"]):
        return False
    exe, known = _link(pid, "exe"), state.get("postgres")
    if Path(exe).name != POSTGRES or (known and exe != os.path.realpath(known)):
        return False
    return _uid(pid) == _owner_of_folder(data)


def _owner_of_folder(data: Path) -> int:
    """The user of a data folder; ours when it is gone, with PostgreSQL still in it."""
    try:
        return data.stat().st_uid
    except OSError:
        return os.geteuid()


def _uid(pid: int) -> int:
    try:
        return (PROC / str(pid)).stat().st_uid
    except OSError:
        return -1


def _link(pid: int, name: str) -> str:
    """Where a link of /proc/PID leads; "" when it is another user's, or gone."""
    try:
        return os.readlink(PROC / str(pid) / name).removesuffix(" (deleted)")
    except OSError:
        return ""


def _descendants(roots: Iterable[int], parents: Mapping[int, int]) -> list[int]:
    children = defaultdict(list)
    for pid, parent in parents.items():
        children[parent].append(pid)
    found, waiting = [], [*roots]
    while waiting:
        below = children.pop(waiting.pop(), [])
        found += below
        waiting += below
    return found
