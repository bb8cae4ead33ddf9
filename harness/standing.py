"""The system that `harness up` left standing: its record, and who may change it.

    <cache>/up/<utc>/   run.json, recovery.json, token, config, logs; goes with the system
    <cache>/up/lease    held by the `up` or `down` that is at work

It is on no list of runs, so no run takes it for something left over, and no watchdog ends it.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, RuntimeFailure
from harness.ports import Capability
from harness.runtime_kind import Recovery
from harness.runtime_registry import load_runtime
from harness.store import RUN
from harness.toolchain import cache_dir
from harness.undo.leases import Lease, active_dir, forget, holder
from harness.undo.recovery import RECOVERY

UP = "up"
TOXIPROXY = "toxiproxy"
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
    record: Mapping[str, Any]

    @property
    def state(self) -> dict[str, Any] | None:
        """The recovery state; None when `harness up` was ended before there was anything."""
        path = self.folder / RECOVERY
        return json.loads(path.read_bytes()) if path.exists() else None

    @property
    def recovery(self) -> Recovery:
        """How its runtime lets another process take hold of it.

        Raises:
            HarnessError: the runtime is not known here, or has none.
        """
        recovery = load_runtime(str(self.record["runtime"]), str(self.folder / RUN)).recovery
        if recovery is None:
            raise HarnessError(f"{self.folder}: the runtime {self.record['runtime']} has none")
        return recovery

    def alive(self) -> list[str]:
        """What exists of it."""
        state = self.state
        return self.recovery.alive(state) if state else []

    def end(self) -> None:
        """End all of it, and drop its record.

        Raises:
            RuntimeFailure: something could not be ended; the record stays.
        """
        state = self.state
        if state and (left := self.recovery.end(state)):
            raise RuntimeFailure(f"still there: {', '.join(left)}; try again: harness down")
        self.drop()

    def drop(self) -> None:
        """Remove the record; everything that it tells of is gone."""
        forget(active_dir(), str(self.record["run_id"]))  # when `harness up` was killed at work
        shutil.rmtree(self.folder)

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


def _addresses(state: Mapping[str, Any], entry: str) -> dict[str, str]:
    """By name, of this machine: published ones where there are."""
    own = {name: service["address"] for name, service in state["services"].items()}
    front = state.get("entry") or state["links"][entry]["listen"]
    return {entry: front, TOXIPROXY: state["api"], **own, **state.get("look", {})}


async def _orders(links: Any, entry: str) -> str:
    """Whether Toxiproxy takes orders."""
    await links.snapshot(entry)
    return "ok"


async def _health(look: Awaitable[Any]) -> str:
    try:
        seen = await look
    except HarnessError as why:
        return str(why).splitlines()[0]
    return str(getattr(seen, "canary", seen))


def standing() -> list[Standing]:
    """Every record; more than one only when a `harness up` was killed at work."""
    found = sorted((cache_dir() / UP).glob(f"*/{RUN}"))
    return [Standing(p.parent, json.loads(p.read_bytes())) for p in found if not p.is_symlink()]


@contextmanager
def alone() -> Iterator[None]:
    """One `up` or `down` at a time.

    Raises:
        RuntimeFailure: another one is at work.
    """
    path = cache_dir() / UP / "lease"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        lease = Lease(path, WORK_S)
    except BlockingIOError:
        who = holder(path).pid
        raise RuntimeFailure(
            f"another harness up or down is at work (process {who}); wait until it is done"
        ) from None
    try:
        yield
    finally:
        lease.release()
