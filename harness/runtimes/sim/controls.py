"""The powers of the simulation: links, processes, what stand-ins answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from harness.errors import ConfigError, Problem, RuntimeFailure
from harness.ports import Observation, Toxic, UndoRecord, held
from harness.runtimes.scripting import Scripted
from harness.runtimes.sim.calls import Talk
from harness.runtimes.sim.host import GONE, STOPPED, Host
from harness.runtimes.sim.network import Network
from harness.runtimes.sim.wire import Wire
from harness.runtimes.toxics import as_data, check_toxic, closed, normal, surplus
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

    async def healthy(self, where: str) -> Mapping[str, object]:
        """Open, without a toxic."""
        self._wire(where)
        return {"enabled": True, "toxics": []}

    async def snapshot(self, where: str) -> Mapping[str, object]:
        """`enabled` and `toxics` of a link, as they are now."""
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
        return await self._talk.observed(
            wire, self._talk.path(where), self._talk.counts(where), self._state(wire)
        )

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """Take away what the record brought; with no others, everything."""
        wire = self._wire(record.where)
        for name in surplus(wire.active, record, others):
            wire.remove(name)
        if not closed(others) and not wire.enabled:
            wire.enable(True)

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Whether nothing of the record is left; with no others, nothing at all."""
        wire = self._wire(record.where)
        return not surplus(wire.active, record, others) and (closed(others) or wire.enabled)

    def _state(self, wire: Wire) -> dict[str, object]:
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

    async def healthy(self, where: str) -> Mapping[str, object]:
        """A service of a run runs."""
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
        path = self._talk.spec(where).ready_path
        return await self._talk.observed(host, path, self._talk.traffic(where), state)

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """Let it go on if it is stopped, start it again if it is gone; how soon it is ready is
        its own affair. One that another fault wants so stays as it is."""
        if not held(others):
            await self.bring_back(record.where)

    async def bring_back(self, service: str) -> None:
        """Make it run."""
        host = self._network.host(service)
        if host.state == STOPPED:
            host.resume()
        elif host.state == GONE:
            await host.buried()
            if host.state == GONE:  # another undo at the place may have been quicker
                host.begin()

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Whether it runs."""
        return held(others) or self._network.host(record.where).state not in (GONE, STOPPED)

    def _running(self, service: str) -> Host:
        host = self._network.host(service)
        if host.state == GONE:
            raise RuntimeFailure(f"{service} does not run")
        return host


class SimStandIns(Scripted):
    """`UpstreamScript` over the scripted services of a run."""

    def __init__(self, talk: Talk, processes: SimProcesses) -> None:
        """Remember them."""
        super().__init__()
        self._talk = talk
        self._processes = processes

    async def observe(self, where: str) -> Observation:
        """A canary straight to the stand-in, and its counts."""
        talk, host = self._talk, self._talk.network.host(where)
        (result, latency_s), (counts, state) = await asyncio.gather(
            talk.canary(host, talk.spec(where).ready_path), self._read(where)
        )
        return Observation(talk.clock.now_s(), result, latency_s, counts, state)

    async def _wake(self, where: str) -> None:
        host = self._talk.network.host(where)
        await self._processes.bring_back(where)
        await ready(host, self._talk)

    def _takes_rules(self, where: str) -> bool:
        return self._talk.spec(where).scripted

    async def _send(
        self, where: str, method: str, path: str, body: Mapping[str, object] | None
    ) -> Answer:
        return await self._talk.own(where, Request(method, path, {}, body, CALL_S))


async def start(host: Host, talk: Talk) -> None:
    """Start a service and wait until it is ready.

    Raises:
        RuntimeFailure: it did not become ready in time.
    """
    await host.start()
    await ready(host, talk)


async def ready(host: Host, talk: Talk) -> None:
    """Wait until a service is ready.

    Raises:
        RuntimeFailure: it did not become so in time.
    """
    path = talk.spec(host.name).ready_path
    deadline_s = talk.clock.now_s() + READY_S
    while (seen := (await talk.canary(host, path))[0]) != "ok":
        if talk.clock.now_s() >= deadline_s:
            raise RuntimeFailure(f"{host.name} is not ready within {READY_S:g} s: {seen} at {path}")
        await talk.clock.sleep(POLL_S)
