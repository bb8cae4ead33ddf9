"""Power over links: one Toxiproxy proxy each. Toxics stack; an undo takes its own away.

undo:  remove own, open unless another wants it closed ──ok──> done
         │ no answer, refused
         └──> restart the server ──> raise every proxy again, each with the state it should have
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import httpx

from harness.clock import Clock
from harness.errors import ConfigError, Problem, RuntimeFailure
from harness.json_types import JsonDict, JsonObject
from harness.ports import Observation, Toxic, UndoRecord
from harness.runtimes.real.sockets import timed_canary
from harness.runtimes.real.toxiproxy import ToxiproxyServer
from harness.runtimes.toxics import as_data, check_toxic, closed, from_data, normal, surplus

GENTLE_S = 5.0  # chosen: one removal at its longest, 4 s; leaves 5 s of 10 for the restart

Counts = Callable[[str], Awaitable[Mapping[str, int]]]


class LinkBook(Protocol):
    """Where the links are and what state they should have, shared with whoever may have to heal."""

    def links(self) -> Mapping[str, Mapping[str, object]]:
        """By name: proxy, listen, upstream, protocol, enabled, toxics."""

    def remember(self, link: str, edit: Callable[[JsonDict], None]) -> None:
        """Change the state that `link` should have."""


class ToxiproxyLinks:
    """`LinkControl` over the Toxiproxy of this run, and over one that stands already.

    Args:
        server: the control port.
        foreign: that of a server which is only asked about the proxies of the book; None when
            there is none.
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
        foreign: ToxiproxyServer | None = None,
    ) -> None:
        self._server, self._foreign = server, foreign
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
            if "foreign" not in entry:
                await self._raise(entry)

    async def _raise(self, entry: JsonObject) -> None:
        """Make one proxy; closed until its toxics are in, so that no connection is spared."""
        open_now = entry["enabled"] and not entry["toxics"]
        name = entry["proxy"]
        await self._server.create(name, entry["listen"], entry["upstream"], enabled=open_now)
        for toxic in entry["toxics"]:
            await self._server.add_toxic(name, from_data(toxic))
        if entry["enabled"] and not open_now:
            await self._server.set_enabled(name, True)

    async def healthy(self, where: str) -> Mapping[str, object]:
        """Open, without a toxic, at its own addresses; one that stood already as it was found."""
        entry = self._entry(where)
        if "foreign" in entry:
            return {"enabled": True, **entry["foreign"]}
        places = {key: entry[key] for key in ("upstream", "listen")}
        return {"enabled": True, "toxics": [], **places}

    async def snapshot(self, where: str) -> JsonObject:
        """`enabled`, `toxics`, `upstream` and `listen` of a link, as the server has them."""
        entry = self._entry(where)
        got = await self._server_of(entry).proxy(entry["proxy"])
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
        server = self._server_of(entry)
        if toxic.toxicity < 1 and entry["enabled"]:  # drawn once a connection: cut, so all draw
            await server.set_enabled(entry["proxy"], False)
        await server.add_toxic(entry["proxy"], toxic)
        if toxic.toxicity < 1 and entry["enabled"]:
            await server.set_enabled(entry["proxy"], True)
        self._remember(link, lambda wanted: wanted["toxics"].append(as_data(toxic)))

    async def set_enabled(self, link: str, enabled: bool) -> None:
        """Refuse new connections and cut the live ones, or accept again."""
        entry = self._entry(link)
        await self._server_of(entry).set_enabled(entry["proxy"], enabled)
        self._remember(link, lambda wanted: wanted.update(enabled=enabled))

    async def observe(self, where: str) -> Observation:
        """Look through the link with a canary, at its counts and at its state."""
        entry = self._entry(where)
        (result, latency_s), counts, state = await asyncio.gather(
            timed_canary(
                self._client, self._clock, entry["protocol"], entry["listen"], entry["path"]
            ),
            self._counts(where),
            self._state(where),
        )
        return Observation(self._clock.now_s(), result, latency_s, counts, state)

    async def _state(self, link: str) -> Mapping[str, object]:
        try:
            return await self.snapshot(link)
        except RuntimeFailure as error:
            return {"unreadable": str(error)}

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """Take away what the record brought, with no others everything, whatever the server does,
        within 10 s.

        Raises:
            RuntimeFailure: not even a restarted server could be brought there.
        """
        try:
            async with asyncio.timeout(GENTLE_S):
                await self._take_away(record, others)
        except (RuntimeFailure, TimeoutError):
            if "foreign" in self._entry(record.where):
                raise  # not ours to restart
            async with self._healing:
                await self._clock.sleep(0.0)  # what is to be remembered in a short while is now
                self._forget(record, others)
                await self._restart()
                await self.populate()

    async def _take_away(self, record: UndoRecord, others: Sequence[UndoRecord]) -> None:
        entry, now = self._entry(record.where), await self.snapshot(record.where)
        server, proxy = self._server_of(entry), entry["proxy"]
        for name in surplus([toxic["name"] for toxic in now["toxics"]], record, others):
            await server.remove_toxic(proxy, name)
        if not now["enabled"] and not closed(others):
            await server.set_enabled(proxy, True)
        asyncio.get_running_loop().call_soon(self._forget, record, others)

    def _remember(self, link: str, edit: Callable[[JsonDict], None]) -> None:
        """Write the wanted state down, soon: a fault is to begin and to end at its instant.
        Whoever has to heal before that goes by what the server says."""
        asyncio.get_running_loop().call_soon(self._book.remember, link, edit)

    def _forget(self, record: UndoRecord, others: Sequence[UndoRecord]) -> None:
        """What the record brought is not wanted any more."""

        def edit(wanted: JsonDict) -> None:
            gone = surplus([toxic["name"] for toxic in wanted["toxics"]], record, others)
            wanted["toxics"] = [t for t in wanted["toxics"] if t["name"] not in gone]
            wanted["enabled"] = wanted["enabled"] or not closed(others)

        self._book.remember(record.where, edit)

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Whether nothing of the record is left, as the server says; with no others, nothing at
        all."""
        state: JsonObject = await self._state(record.where)
        restore = record.restore
        if any(state.get(key) != restore[key] for key in ("upstream", "listen")):
            return False
        left = surplus([toxic["name"] for toxic in state["toxics"]], record, others)
        return not left and bool(state["enabled"] or closed(others))

    def _server_of(self, entry: JsonObject) -> ToxiproxyServer:
        if "foreign" not in entry:
            return self._server
        assert self._foreign
        return self._foreign

    def _entry(self, link: str) -> JsonObject:
        links = self._book.links()
        if link not in links:
            raise ConfigError(
                Problem(f"this run has no link {link!r}", "link", ", ".join(sorted(links)))
            )
        return links[link]
