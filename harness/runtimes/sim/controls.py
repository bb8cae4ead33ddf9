"""The powers of the simulation: links, processes, what stand-ins answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.errors import ConfigError, Problem, RuntimeFailure
from harness.ports import Observation, Toxic, UndoRecord
from harness.runtimes.scripting import Scripted
from harness.runtimes.sim.calls import DATABASE, Talk
from harness.runtimes.sim.host import GONE, STOPPED, Host
from harness.runtimes.sim.network import Network
from harness.runtimes.sim.wire import Wire
from harness.runtimes.toxics import as_data, check_toxic, from_data, normal
from harness.target import Answer, Request

RUNNING = {"state": "running"}
READY_S = 10.0  # chosen: as long as a real service may take
POLL_S = 0.05
CALL_S = 2.0  # as on sockets


class SimLinks:
    """`LinkControl` over the links of a run."""

    def __init__(self, network: Network, talk: Talk) -> None:
        """Remember them."""
        self._network = network
        self._talk = talk

    async def snapshot(self, where: str) -> Mapping[str, Any]:
        """`enabled` and `toxics` of a link."""
        return self._state(self._wire(where))

    async def add_toxic(self, link: str, toxic: Toxic) -> None:
        """Set a toxic.

        Raises:
            ConfigError: an attribute, a stream or a toxicity that makes no sense.
        """
        check_toxic(link, toxic)
        self._wire(link).add(toxic)

    async def set_enabled(self, link: str, enabled: bool) -> None:
        """Refuse new connections and cut the live ones, or accept again."""
        self._wire(link).enable(enabled)

    async def observe(self, where: str) -> Observation:
        """Look through the link with a canary, at its counts and at its state."""
        wire = self._wire(where)
        counts, state = await self._talk.counts(where), self._state(wire)
        return await self._talk.observed(wire, "/livez", counts, state)

    async def undo(self, record: UndoRecord) -> None:
        """Bring a link back to the recorded state."""
        wire, restore = self._wire(record.where), record.restore
        wanted = {toxic["name"]: normal(toxic) for toxic in restore["toxics"]}
        there = {toxic["name"]: toxic for toxic in self._state(wire)["toxics"]}
        for name in [name for name in there if there[name] != wanted.get(name)]:
            wire.remove(name)
        for name in [name for name in wanted if there.get(name) != wanted[name]]:
            wire.add(from_data(wanted[name]))
        if wire.enabled != restore["enabled"]:
            wire.enable(restore["enabled"])

    async def undone(self, record: UndoRecord) -> bool:
        """Whether it reads back as recorded and, if that is harmless, lets a canary pass."""
        wire, restore = self._wire(record.where), record.restore
        if self._state(wire) != restore:
            return False
        if restore["toxics"] or not restore["enabled"]:
            return True
        through, _ = await self._talk.canary(wire)
        past, _ = await self._talk.canary(wire.callee)
        return through == "ok" or past != "ok"

    def _state(self, wire: Wire) -> dict[str, Any]:
        toxics = [normal(as_data(active.toxic)) for active in wire.active.values()]
        return {"enabled": wire.enabled, "toxics": sorted(toxics, key=lambda t: str(t["name"]))}

    def _wire(self, link: str) -> Wire:
        wires = self._network.wires
        if link not in wires:
            raise ConfigError(
                Problem(f"this run has no link {link!r}", "link", ", ".join(sorted(wires)))
            )
        return wires[link]


class SimProcesses:
    """`ProcessControl` over the services of a run."""

    def __init__(self, network: Network, talk: Talk) -> None:
        """Remember them."""
        self._network = network
        self._talk = talk

    async def snapshot(self, where: str) -> Mapping[str, Any]:
        """The state to go back to: a service of a run is meant to run."""
        self._network.host(where)
        return RUNNING

    async def kill(self, service: str) -> None:
        """End it at once.

        Raises:
            RuntimeFailure: it does not run.
        """
        self._running(service).kill()

    async def pause(self, service: str) -> None:
        """Stop it where it stands; it takes connections and says nothing.

        Raises:
            RuntimeFailure: it does not run.
        """
        self._running(service).pause()

    async def observe(self, where: str) -> Observation:
        """A canary straight to the service, and what state it is in."""
        host = self._network.host(where)
        there = host.state != GONE
        state = {
            "pid": host.pid if there else None,
            "start_time": host.pid if there else None,
            "proc_state": host.state,
        }
        return await self._talk.observed(host, self._talk.spec(where).ready_path, {}, state)

    async def undo(self, record: UndoRecord) -> None:
        """Let it go on if it stands still, start it again if it is gone.

        Raises:
            RuntimeFailure: it was started again and does not become ready.
        """
        host = self._network.host(record.where)
        if host.state == STOPPED:
            host.resume()
        elif host.state == GONE:
            await host.buried()
            await start(host, self._talk)

    async def undone(self, record: UndoRecord) -> bool:
        """Whether it runs and answers; one that is not ready lacks what another fault took."""
        host, spec = self._network.host(record.where), self._talk.spec(record.where)
        enough = ("ok",) if spec.kind == DATABASE else ("ok", "error")
        return host.state not in (GONE, STOPPED) and (
            (await self._talk.canary(host, spec.ready_path))[0] in enough
        )

    def _running(self, service: str) -> Host:
        host = self._network.host(service)
        if host.state == GONE:
            raise RuntimeFailure(f"{service} does not run")
        return host


class SimStandIns(Scripted):
    """`UpstreamScript` over the scripted services of a run."""

    def __init__(self, talk: Talk, processes: SimProcesses) -> None:
        """Remember them."""
        self._talk = talk
        self._processes = processes

    async def observe(self, where: str) -> Observation:
        """A canary straight to the stand-in, and its counts."""
        counts, state = await self._read(where)
        host = self._talk.network.host(where)
        return await self._talk.observed(host, self._talk.spec(where).ready_path, counts, state)

    async def undo(self, record: UndoRecord) -> None:
        """Put the recorded document back; a stand-in that is stopped or gone is woken first."""
        await self._processes.undo(record)
        await self._restore(record)

    def _takes_rules(self, where: str) -> bool:
        return self._talk.spec(where).scripted

    async def _send(
        self, where: str, method: str, path: str, body: Mapping[str, Any] | None
    ) -> Answer:
        return await self._talk.own(where, Request(method, path, {}, body, CALL_S))


async def start(host: Host, talk: Talk) -> None:
    """Start a service and wait until it is ready.

    Raises:
        RuntimeFailure: it did not become ready in time.
    """
    await host.start()
    path = talk.spec(host.name).ready_path
    deadline_s = talk.clock.now_s() + READY_S
    while (seen := (await talk.canary(host, path))[0]) != "ok":
        if talk.clock.now_s() >= deadline_s:
            raise RuntimeFailure(f"{host.name} is not ready within {READY_S:g} s: {seen} at {path}")
        await talk.clock.sleep(POLL_S)
