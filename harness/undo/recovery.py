"""Undoes and ends what a run left behind, in another process.

    run.json, recovery.json ──> heal each fault ──> end every program ──┐
         │ gone, cut off, changed                                       ├──> off the list
         └──> end everything that carries the run's mark <──────────────┘

A fault ends with the program that carries it, so ending by mark undoes all: whatever cannot be
read, proven or written down on the way is said, and never keeps the programs from being ended.
"""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import HarnessError, RuntimeFailure
from harness.private import RESERVE
from harness.runtime_kind import Found, Recovery, State
from harness.runtime_registry import load_runtime, runtime_kinds
from harness.store import FAULTS, RUN
from harness.undo.ended_early import write_verdict
from harness.undo.faultlog import Entry, FaultLog
from harness.undo.leases import OWNER, WATCHDOG, ActiveRun, Holder, active_runs, forget
from harness.undo.watchdogs import end_watchdogs

RECOVERY = "recovery.json"
TOKEN = "token"  # noqa: S105 - a file's name
PASSWORDS = ("config/pgpass", "config/foreign-toxiproxy", "config/tls.pem")
PRIVATE = (OWNER, WATCHDOG, TOKEN, RESERVE, *PASSWORDS)  # of use only while the run is alive
HEAL_S = 2.5  # chosen: a programs' end undoes what is not undone by then, within 10 s in all
Say = Callable[[str], None]


def silent(text: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class LeftBehind:
    """What may still be there of a run."""

    faults: list[Entry]
    processes: list[str]
    problems: list[str]


@dataclass
class Known:
    """What a process knows of a run, whatever becomes of its folder.

    Args:
        by: who heals: watchdog or clear.
        problems: why the folder could not be read, as of the last look.
    """

    run_id: str
    run_dir: Path
    by: str = "clear"
    state: State | None = None
    runtime: Recovery | None = None
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Nothing is read yet."""
        self.log = FaultLog(self.run_dir / FAULTS, self.by)
        self._warm = False

    async def warm_up(self) -> None:
        """Load what ending the run needs, once: later there may be no memory to load it into."""
        if not self._warm and self.state is not None and self.runtime is not None:
            self._warm = True
            with suppress(Exception):  # it looks, and changes nothing
                await asyncio.to_thread(self.runtime.alive, self.state)

    def look(self) -> None:
        """Read the folder; what cannot be read now stays as it was."""
        self.problems = []
        try:
            self.runtime = self.runtime or _runtime(self.run_dir)
            found = dict(self.runtime.load(self.run_dir, self.run_id))
        except (HarnessError, OSError, ValueError) as error:
            self.problems.append(str(error))
        else:
            self.state = {**(self.state or {}), **found}

    def active(self) -> list[Entry]:
        """Faults whose harm may still be there."""
        return self.log.active()


def state_of(run: ActiveRun) -> LeftBehind:
    """Look; change nothing."""
    known = Known(run.run_id, run.run_dir)
    known.look()
    faults = known.active()
    processes = _alive(known) or things_of(run.run_id)
    return LeftBehind(faults, processes, [*known.problems, *known.log.problems])


def _alive(known: Known) -> list[str]:
    if known.state is None or known.runtime is None:
        return []
    try:
        return known.runtime.alive(known.state)
    except (HarnessError, OSError) as error:
        known.problems.append(str(error))
        return []


def found_runs(say: Say = silent) -> list[Found]:
    """Every run of this cache of which anything exists, by marks alone.

    Args:
        say: told where nobody could look: an engine that does not answer hides nothing elsewhere.
    """
    found: list[Found] = []
    for recovery in _recoveries():
        try:
            found += recovery.found()
        except Exception as error:
            say(f"not looked for what earlier runs left: {error}")
    return found


def things_of(run_id: str) -> list[str]:
    """What exists of a run, by marks alone."""
    return [thing for one in found_runs() if one.run_id == run_id for thing in one.things]


def all_runs(active: Path, say: Say = silent) -> list[ActiveRun]:
    """Runs on the list, and those that are not but of which something exists, by id."""
    listed = active_runs(active)
    known = {run.run_id for run in listed}
    others = [one for one in found_runs(say) if one.run_id not in known]
    return [*listed, *(_unlisted(one, active) for one in others if not _stands(one, active))]


def _stands(found: Found, active: Path) -> bool:
    """Whether it was left standing on purpose, with a record by which `harness down` ends it."""
    stamps = {path.parent.name for path in (active.parent / "up").glob(f"*/{RUN}")}
    return found.standing and any(f"up-{stamp}-" in found.run_id for stamp in stamps)


def _unlisted(found: Found, active: Path) -> ActiveRun:
    state = "alive" if found.alive else "gone"
    return ActiveRun(found.run_id, active / found.run_id, Holder(state, max(found.owner, 0), 0))


async def clear(
    run: ActiveRun,
    active: Path,
    say: Say,
    by: str = "clear",
    known: Known | None = None,
    *,
    at_once: bool = False,
) -> list[str]:
    """Heal every fault, end every process, take the run off the list.

    Args:
        known: what the caller knows of it already.
        at_once: end the processes without healing before: the faults end with them.

    Returns:
        what is still there; empty when all is proven gone.
    """
    known = known or Known(run.run_id, run.run_dir, by)
    known.look()
    for problem in [*known.problems, *known.log.problems]:
        say(f"{run.run_id}: {problem}")
    if not at_once and (_alive(known) or known.problems):
        await _heal_in_time(known, say)
    left = _end(known, say)
    say(f"{run.run_id}: " + (f"still there: {left}" if left else "every process has ended"))
    if left:
        gc.collect()  # what a refused attempt had open: there may be few descriptors
        return left
    for entry in known.active():  # a fault ends with the process that carried it
        known.log.close(entry, "its process has ended")
    for name in PRIVATE:
        with suppress(OSError):
            (run.run_dir / name).unlink(missing_ok=True)
    write_verdict(run.run_dir, known.by, say)
    end_watchdogs(active, run.run_id)
    try:
        forget(active, run.run_id)
    except OSError as error:
        return [f"{active / run.run_id}: {error.strerror}"]
    return []


async def _heal_in_time(known: Known, say: Say) -> None:
    try:
        async with asyncio.timeout(HEAL_S):
            await heal(known, known.active(), say)
    except TimeoutError:
        say(f"{known.run_id}: not undone within {HEAL_S:g} s; it ends with its programs")


def _end(known: Known, say: Say) -> list[str]:
    """End what its runtime knows of it, then what carries its mark.

    Returns:
        what is left.
    """
    runtime = known.runtime if known.state is not None else None
    if runtime is not None:
        try:
            if left := runtime.end(known.state or {}):
                return left
        except Exception as error:  # the marks are tried next, those of every runtime
            say(f"{known.run_id}: {error}")
            runtime = None
    return end_marked(known.run_id, say, runtime)


def end_marked(run_id: str, say: Say = print, runtime: Recovery | None = None) -> list[str]:
    """End everything that carries the mark of a run.

    Args:
        runtime: where the run is; None where that is not known.

    Returns:
        what is left, and what could not even be tried.
    """
    left: list[str] = []
    for recovery in [runtime] if runtime else _recoveries():
        try:
            left += recovery.end_found(run_id)
        except Exception as error:  # the marks of the other runtimes are tried all the same
            say(f"{run_id}: {error}")
            left.append(str(error))
    return left


async def heal(known: Known, entries: Sequence[Entry], say: Say) -> None:
    """Undo and prove; what cannot be proven stays on the log."""
    if not entries or known.state is None or known.runtime is None:
        return
    try:
        attached = await known.runtime.attach(known.state)
    except HarnessError as error:
        say(str(error))
        return
    try:
        for entry in entries:
            try:
                await known.log.heal(entry, attached.capability(entry.undo.capability))
                say(f"{entry.kind} at {entry.where}: undone and proven")
            except HarnessError as error:
                say(str(error))
    finally:
        await attached.close()


def _recoveries() -> Iterator[Recovery]:
    for kind in runtime_kinds().values():
        if kind.recovery is not None:
            yield kind.recovery


def _runtime(run_dir: Path) -> Recovery:
    """How the runtime of a run lets other processes take hold of it.

    Raises:
        HarnessError: it is not told, not known here, or leaves nothing to take hold of.
    """
    path = run_dir / RUN
    try:
        name = json.loads(path.read_bytes())["runtime"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise RuntimeFailure(f"{path}: does not tell the runtime ({error!r})") from None
    recovery = load_runtime(str(name), str(path)).recovery
    if recovery is None:
        raise HarnessError(f"{run_dir}: the runtime {name} has no recovery")
    return recovery
