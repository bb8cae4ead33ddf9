"""Power over links: one Toxiproxy proxy each, always brought back to the state on record.

undo:  remove, add, enable ──ok──> done
         │ no answer, refused
         └──> restart the server ──> raise every proxy again, each with the state it should have
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import httpx

from harness.clock import Clock
from harness.errors import ConfigError, Problem, RuntimeFailure
from harness.ports import Observation, Toxic, UndoRecord
from harness.runtimes.real.sockets import canary, timed_canary
from harness.runtimes.real.toxiproxy import ToxiproxyServer
from harness.runtimes.toxics import as_data, check_toxic, from_data, normal

GENTLE_S = 5.0  # chosen: one removal at its longest, 4 s; leaves 5 s of 10 for the restart
CANARIES = 5  # chosen
CANARY_GAP_S = 0.1

Counts = Callable[[str], Awaitable[Mapping[str, int]]]


class LinkBook(Protocol):
    """Where the links are and what state they should have, shared with whoever may have to heal."""

    def links(self) -> Mapping[str, Mapping[str, Any]]:
        """By name: proxy, listen, upstream, protocol, enabled, toxics."""

    def remember(self, link: str, enabled: bool, toxics: list[dict[str, Any]]) -> None:
        """Set the state that `link` should have."""


class ToxiproxyLinks:
    """`LinkControl` over a Toxiproxy server that this run started.

    Args:
        server: the control port.
        book: names, addresses and wanted states.
        clock: run clock, for observations.
        client: without keep-alive, for canaries.
        restart: ends our server and starts it again, empty; returns once it answers.
        counts: what the two ends of a link counted.
    """

    def __init__(
        self,
        server: ToxiproxyServer,
        book: LinkBook,
        clock: Clock,
        client: httpx.AsyncClient,
        *,
        restart: Callable[[], Awaitable[None]],
        counts: Counts,
    ) -> None:
        self._server = server
        self._book = book
        self._clock = clock
        self._client = client
        self._restart = restart
        self._counts = counts
        self._healing = asyncio.Lock()

    async def populate(self) -> None:
        """Make every proxy of the book, each with its state.

        Raises:
            RuntimeFailure: the server has proxies already: it is not ours.
        """
        foreign = sorted(await self._server.proxies())
        if foreign:
            raise RuntimeFailure(
                f"Toxiproxy at {self._server.address} has proxies that this run did not make: "
                f"{', '.join(foreign)}; it belongs to someone else and is left alone; "
                "stop it, or run again to get another port"
            )
        for entry in self._book.links().values():
            await self._raise(entry)

    async def _raise(self, entry: Mapping[str, Any]) -> None:
        """Make one proxy; closed until its toxics are in, so that no connection is spared."""
        open_now = entry["enabled"] and not entry["toxics"]
        name = entry["proxy"]
        await self._server.create(name, entry["listen"], entry["upstream"], enabled=open_now)
        for toxic in entry["toxics"]:
            await self._server.add_toxic(name, from_data(toxic))
        if entry["enabled"] and not open_now:
            await self._server.set_enabled(name, True)

    async def snapshot(self, where: str) -> Mapping[str, Any]:
        """`enabled`, `toxics`, `upstream` and `listen` of a link, as the server has them."""
        got = await self._server.proxy(self._entry(where)["proxy"])
        toxics = [normal(toxic) for toxic in got["toxics"]]
        return {
            "enabled": got["enabled"],
            "toxics": sorted(toxics, key=lambda toxic: str(toxic["name"])),
            "upstream": got["upstream"],
            "listen": got["listen"],
        }

    async def add_toxic(self, link: str, toxic: Toxic) -> None:
        """Add a toxic and compare the echo.

        Raises:
            ConfigError: an attribute, a stream or a toxicity that makes no sense; nothing was sent.
            RuntimeFailure: the server refused it, or made something else of it.
        """
        check_toxic(link, toxic)
        entry = self._entry(link)
        await self._server.add_toxic(entry["proxy"], toxic)
        others = [other for other in entry["toxics"] if other["name"] != toxic.name]
        self._book.remember(link, entry["enabled"], [*others, as_data(toxic)])

    async def set_enabled(self, link: str, enabled: bool) -> None:
        """Refuse new connections and cut the live ones, or accept again."""
        entry = self._entry(link)
        await self._server.set_enabled(entry["proxy"], enabled)
        self._book.remember(link, enabled, entry["toxics"])

    async def observe(self, where: str) -> Observation:
        """Look through the link with a canary, at its counts and at its state."""
        entry = self._entry(where)
        (result, latency_s), counts, state = await asyncio.gather(
            timed_canary(self._client, self._clock, entry["protocol"], entry["listen"]),
            self._counts(where),
            self._state(where),
        )
        return Observation(self._clock.now_s(), result, latency_s, counts, state)

    async def _state(self, link: str) -> Mapping[str, object]:
        try:
            return await self.snapshot(link)
        except RuntimeFailure as error:
            return {"unreadable": str(error)}

    async def undo(self, record: UndoRecord) -> None:
        """Bring a link back to the recorded state, whatever the server does, within 10 s.

        Raises:
            RuntimeFailure: not even a restarted server could be brought there.
        """
        entry, restore = self._entry(record.where), record.restore
        async with self._healing:
            self._book.remember(record.where, restore["enabled"], [*restore["toxics"]])
            try:
                async with asyncio.timeout(GENTLE_S):
                    await self._converge(entry["proxy"], record)
            except (RuntimeFailure, TimeoutError):
                await self._restart()
                await self.populate()

    async def _converge(self, proxy: str, record: UndoRecord) -> None:
        wanted = {toxic["name"]: normal(toxic) for toxic in record.restore["toxics"]}
        now = await self.snapshot(record.where)
        there = {toxic["name"]: toxic for toxic in now["toxics"]}
        for name in [name for name in there if there[name] != wanted.get(name)]:
            await self._server.remove_toxic(proxy, name)
        for name in [name for name in wanted if there.get(name) != wanted[name]]:
            await self._server.add_toxic(proxy, from_data(wanted[name]))
        if now["enabled"] != record.restore["enabled"]:
            await self._server.set_enabled(proxy, record.restore["enabled"])

    async def undone(self, record: UndoRecord) -> bool:
        """Whether it reads back as recorded and, if that is harmless, lets a canary pass.

        A callee that does not answer past the link either is not the link's fault.
        """
        state, restore = await self._state(record.where), record.restore
        if any(state.get(key) != restore[key] for key in ("enabled", "upstream", "listen")):
            return False
        if state["toxics"] != [normal(toxic) for toxic in restore["toxics"]]:
            return False
        if restore["toxics"] or not restore["enabled"]:
            return True
        return await self._passes(self._entry(record.where))

    async def _passes(self, entry: Mapping[str, Any]) -> bool:
        for _ in range(CANARIES):
            through, past = await asyncio.gather(
                canary(self._client, entry["protocol"], entry["listen"]),
                canary(self._client, entry["protocol"], entry["upstream"]),
            )
            if through == "ok" or past != "ok":
                return True
            await self._clock.sleep(CANARY_GAP_S)
        return False

    def _entry(self, link: str) -> Mapping[str, Any]:
        links = self._book.links()
        if link not in links:
            raise ConfigError(
                Problem(f"this run has no link {link!r}", "link", ", ".join(sorted(links)))
            )
        return links[link]
