"""The system that `harness up` left standing: its record, and who may change it.

    <cache>/up/<utc>/   run.json, recovery.json, token, config, logs; goes with the system
    <cache>/up/lease    held by the `up` or `down` that is at work

It is on no list of runs, so no run takes it for something left over, and no watchdog ends it.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, RuntimeFailure
from harness.json_types import JsonObject
from harness.ports import Capability
from harness.private import make_private
from harness.runtime_kind import Found, Recovery, State
from harness.runtime_registry import load_runtime
from harness.store import RUN
from harness.toolchain import cache_dir
from harness.undo.leases import Lease, active_dir, forget, holder
from harness.undo.recovery import RECOVERY, end_marked, found_runs, silent

UP = "up"
TOXIPROXY = "toxiproxy"
_AT_WORK = {"alive": "at work", "stopped": "stopped", "gone": "just done"}
WORK_S = 180.0  # chosen: several times what bringing up or taking down takes


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        address: of this machine, for people.
        health: `ok`, or what a harmless request got instead.
    """

    what: str
    address: str
    health: str


@dataclass(frozen=True)
class Standing:
    """A system that stands, or stood, without an owner.

    Args:
        record: what `harness up` wrote down: run_id, runtime, design, entry.
    """

    folder: Path
    record: JsonObject

    @property
    def run_id(self) -> str:
        """Of the system; the beginning of it where the record cannot be read."""
        return str(self.record.get("run_id") or f"up-{self.folder.name}")

    @property
    def state(self) -> State | None:
        """The recovery state; None when there is none yet, or none that we wrote."""
        if not (self.folder / RECOVERY).exists():
            return None
        try:
            state = self.recovery.load(self.folder, self.run_id)
        except HarnessError:
            return None
        return state if self.record["entry"] in state["links"] else None

    @property
    def recovery(self) -> Recovery:
        """How its runtime lets another process take hold of it.

        Raises:
            HarnessError: the runtime is not known here, or has none.
        """
        name = str(self.record.get("runtime"))
        recovery = load_runtime(name, str(self.folder / RUN)).recovery
        if recovery is None:
            raise HarnessError(f"{self.folder}: the runtime {name} has none")
        return recovery

    def alive(self) -> list[str]:
        """What exists of it."""
        state = self.state
        known = self.recovery.alive(state) if state else []
        return known or [thing for one in self._found() for thing in one.things]

    def _found(self) -> list[Found]:
        """What the machine shows of it by marks, whatever the record says."""
        return [
            one
            for one in found_runs()
            if one.standing
            and (one.run_id == self.run_id or one.run_id.startswith(f"{self.run_id}-"))
        ]

    def end(self) -> None:
        """End all of it, and drop its record.

        Raises:
            RuntimeFailure: something could not be ended; the record stays.
        """
        state = self.state
        left = self.recovery.end(state) if state else []
        left = left or [thing for one in self._found() for thing in end_marked(one.run_id)]
        if left:
            raise RuntimeFailure(f"still there: {', '.join(left)}; try again: harness down")
        self.drop()

    def drop(self) -> None:
        """Remove the record; everything that it tells of is gone."""
        forget(active_dir(), self.run_id)  # when `harness up` was killed at work
        shutil.rmtree(self.folder, ignore_errors=True)

    async def rows(self) -> list[Row]:
        """Who is where, and whether it answers: the entry first."""
        state, entry = self.state or {}, str(self.record["entry"])
        attached = await self.recovery.attach(state)
        try:
            links = attached.capability(Capability.LINKS)
            services = attached.capability(Capability.PROCESSES)
            looks = {entry: links.observe(entry), TOXIPROXY: _orders(links, entry)}
            looks |= {name: services.observe(name) for name in state["services"]}
            health = await asyncio.gather(*(_health(look) for look in looks.values()))
        finally:
            await attached.close()
        where = _addresses(state, entry)
        return [Row(what, where[what], one) for what, one in zip(looks, health, strict=True)]


def _addresses(state: JsonObject, entry: str) -> dict[str, str]:
    """By name, of this machine: published ones where there are."""
    own = {name: service["address"] for name, service in state["services"].items()}
    front = state.get("entry") or state["links"][entry]["listen"]
    return {entry: front, TOXIPROXY: state["api"], **own, **state.get("look", {})}


async def _orders(links: Any, entry: str) -> str:
    """Whether Toxiproxy takes orders."""
    await links.snapshot(entry)
    return "ok"


async def _health(look: Awaitable[object]) -> str:
    try:
        seen = await look
    except HarnessError as why:
        return str(why).splitlines()[0]
    return str(getattr(seen, "canary", seen))


def standing(say: Callable[[str], None] = silent) -> list[Standing]:
    """Every record, and everything that stands without one; more than one only when a
    `harness up` was killed at work, or its record was removed."""
    root = cache_dir() / UP
    folders = sorted(path for path in root.glob("*") if path.is_dir() and not path.is_symlink())
    recorded = [Standing(folder, _record(folder)) for folder in folders]
    known = {one.run_id for one in recorded}
    lost = [one for one in found_runs(say) if one.standing and not _is_of(one.run_id, known)]
    return [*recorded, *(Standing(root / one.run_id, {"run_id": one.run_id}) for one in lost)]


def _is_of(run_id: str, known: set[str]) -> bool:
    return any(run_id == one or run_id.startswith(f"{one}-") for one in known)


def _record(folder: Path) -> JsonObject:
    """What `harness up` wrote down; nothing where that cannot be read, or where somebody else
    wrote it: marks tell the rest."""
    try:
        record = json.loads((folder / RUN).read_bytes())
        own = re.fullmatch(rf"up-{re.escape(folder.name)}-\d+", record["run_id"])
        texts = [record[name] for name in ("runtime", "design", "entry")]
        texts += [record.get("target", {}).get("source", "")]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}
    return record if own and all(isinstance(one, str) for one in texts) else {}


@contextmanager
def alone(say: Callable[[str], None] | None = None) -> Iterator[None]:
    """One `up` or `down` at a time.

    Args:
        say: of a command that ends things: it goes on, and says so, where there can be no lease or
            its holder is stopped.

    Raises:
        RuntimeFailure: another one is at work, or there can be no lease.
    """
    path = active_dir().parent / UP / "lease"
    lease = None
    try:
        make_private(path.parent)
        lease = Lease(path, WORK_S)
    except OSError as error:
        who = holder(path)
        at_work = isinstance(error, BlockingIOError)
        why = f"{path}: {error.strerror}; a folder is needed there that can be written to"
        if at_work:
            why = f"another harness up or down is {_AT_WORK[who.state]} (process {who.pid})"
        if say is None or (at_work and who.state == "alive"):
            raise RuntimeFailure(f"{why}; wait until it is done" if at_work else why) from None
        say(f"{why}; going on without it")
    try:
        yield
    finally:
        if lease is not None:
            lease.release()
