"""Toxics are checked before they are sent; an undo that the server refuses is done anyway."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, cast

import httpx
import pytest

from harness.clock import RunClock
from harness.errors import ConfigError, RuntimeFailure
from harness.ports import Capability, Toxic, UndoRecord
from harness.runtimes.real.links import ToxiproxyLinks
from harness.runtimes.real.toxiproxy import ToxiproxyServer
from harness.runtimes.toxics import as_data, check_toxic, normal

SLOW = Toxic("latency", "downstream", {"latency": 300})
MUTE = Toxic("timeout", "upstream", {"timeout": 0})


@pytest.mark.parametrize(
    "toxic",
    [
        SLOW,
        MUTE,
        Toxic("latency", "upstream", {"latency": 1, "jitter": 5}, toxicity=0.5),
        Toxic("bandwidth", "downstream", {"rate": 0}),
        Toxic("slow_close", "downstream", {"delay": 100}),
        Toxic("reset_peer", "downstream", {"timeout": 0}),
        Toxic("slicer", "downstream", {"average_size": 2, "size_variation": 1, "delay": 10}),
        Toxic("limit_data", "downstream", {"bytes": 100}),
    ],
)
def test_a_sensible_toxic_passes(toxic: Toxic) -> None:
    """Every kind that Toxiproxy has."""
    check_toxic("a->b", toxic)


@pytest.mark.parametrize(
    ("toxic", "words"),
    [
        (Toxic("latncy", "downstream", {}), "no toxic is called 'latncy'"),
        (Toxic("latency", "downstream", {"latncy": 100}), "unknown attribute 'latncy'"),
        (Toxic("latency", "downstream", {}), "'latency' is missing"),
        (Toxic("latency", "downstream", {"latency": -5}), "latency=-5"),
        (Toxic("latency", "downstream", {"latency": True}), "latency=True"),
        (Toxic("latency", "sideways", {"latency": 5}), "stream='sideways'"),
        (Toxic("latency", "upstream", {"latency": 5}, toxicity=7), "toxicity=7"),
        (Toxic("bandwidth", "upstream", {"rate": -1}), "rate=-1"),
        (Toxic("slicer", "upstream", {"average_size": 0}), "average_size=0"),
        (Toxic("slicer", "upstream", {"average_size": 5, "size_variation": 5}), "less than"),
    ],
)
def test_a_toxic_that_would_do_nothing_or_kill_the_server_is_refused(
    toxic: Toxic, words: str
) -> None:
    """The refusal names link, attribute and value."""
    with pytest.raises(ConfigError, match=words) as refusal:
        check_toxic("a->b", toxic)
    assert "a->b" in str(refusal.value)


def test_every_problem_of_a_toxic_is_listed_at_once() -> None:
    """Stream, unknown attribute and missing attribute."""
    with pytest.raises(ConfigError) as refusal:
        check_toxic("a->b", Toxic("latency", "up", {"delay": 1}))
    assert len(refusal.value.problems) == 3


class FakeServer:
    """Proxies in memory; `hangs` makes every removal fail, as the real one does when wedged."""

    address = "127.0.0.1:1"

    def __init__(self) -> None:
        """No proxies."""
        self.there: dict[str, dict[str, Any]] = {}
        self.hangs = False

    async def proxies(self) -> dict[str, Any]:
        """All of them."""
        return self.there

    async def proxy(self, name: str) -> dict[str, Any]:
        """One of them."""
        return self.there[name]

    async def create(self, name: str, listen: str, upstream: str, *, enabled: bool) -> None:
        """Make one."""
        self.there[name] = {
            "listen": listen, "upstream": upstream, "enabled": enabled, "toxics": []
        }  # fmt: skip

    async def add_toxic(self, proxy: str, toxic: Toxic) -> None:
        """Add it."""
        self.there[proxy]["toxics"].append(as_data(toxic))

    async def remove_toxic(self, proxy: str, name: str) -> None:
        """Remove it, or hang."""
        if self.hangs:
            raise RuntimeFailure("no answer within 4 s")
        toxics = self.there[proxy]["toxics"]
        toxics[:] = [toxic for toxic in toxics if toxic["name"] != name]

    async def set_enabled(self, proxy: str, enabled: bool) -> None:
        """Open or close."""
        self.there[proxy]["enabled"] = enabled


class Book:
    """Two links in memory."""

    def __init__(self) -> None:
        """Both are open and clean."""
        self.entries = {name: entry(name) for name in ("a->b", "a->c")}

    def links(self) -> Mapping[str, Mapping[str, Any]]:
        """Both."""
        return self.entries

    def remember(self, link: str, edit: Callable[[dict[str, Any]], None]) -> None:
        """Change the wanted state."""
        edit(self.entries[link])


def entry(name: str) -> dict[str, Any]:
    """A link as it is on record."""
    address = {"listen": "127.0.0.1:2", "upstream": "127.0.0.1:3"}
    canary = {"protocol": "http", "path": "/livez"}
    return {"proxy": f"run:{name}", **address, **canary, "enabled": True, "toxics": []}


class Bench:
    """Links over the fake server, with a restart that empties it."""

    def __init__(self) -> None:
        """Not populated yet."""
        self.server, self.restarts = FakeServer(), 0
        self.links = ToxiproxyLinks(
            cast(ToxiproxyServer, self.server),
            Book(),
            RunClock(0),
            httpx.AsyncClient(
                transport=httpx.MockTransport(
                    lambda _: httpx.Response(200, stream=httpx.ByteStream(b""))
                )
            ),
            restart=self.restart,
            counts=self.counts,
        )

    async def restart(self) -> None:
        """A new server, with nothing in it."""
        self.restarts += 1
        self.server.there, self.server.hangs = {}, False

    async def counts(self, link: str) -> Mapping[str, int]:
        """Three calls arrived."""
        return {"reached": 3}

    async def inject(self, link: str, toxic: Toxic) -> UndoRecord:
        """One injection of a toxic; its record."""
        await self.links.add_toxic(link, toxic)
        acts = (("add_toxic", link, asdict(toxic)),)
        return UndoRecord(Capability.LINKS, link, await self.links.healthy(link), acts)

    async def names(self, link: str) -> list[str]:
        """The toxics of a link."""
        return [toxic["name"] for toxic in (await self.links.snapshot(link))["toxics"]]


def test_each_undo_takes_its_own_away_and_the_last_one_leaves_nothing() -> None:
    """Two of a type on one link, in either order; a second undo changes nothing."""

    async def body() -> None:
        bench = Bench()
        await bench.links.populate()
        one = await bench.inject("a->b", replace(SLOW, of="f1"))
        two = await bench.inject("a->b", replace(SLOW, of="f2"))
        assert not await bench.links.undone(one, [two])
        for _ in range(2):
            await bench.links.undo(one, [two])
            assert await bench.links.undone(one, [two])
            assert await bench.names("a->b") == ["latency_downstream@f2"]
        await bench.links.undo(two)
        assert await bench.links.undone(two)
        assert await bench.names("a->b") == []
        assert bench.restarts == 0

    asyncio.run(body())


def test_a_link_opens_when_nobody_wants_it_closed_any_more() -> None:
    """Two that close it; the first undo leaves it closed."""

    async def body() -> None:
        bench = Bench()
        await bench.links.populate()
        healthy = await bench.links.healthy("a->b")
        acts = (("set_enabled", "a->b", False),)
        record = UndoRecord(Capability.LINKS, "a->b", healthy, acts)
        await bench.links.set_enabled("a->b", False)
        await bench.links.undo(record, [record])
        assert await bench.links.undone(record, [record])
        assert not await bench.links.undone(record)
        await bench.links.undo(record)
        assert (await bench.links.snapshot("a->b"))["enabled"] is True

    asyncio.run(body())


def test_undo_restarts_a_server_that_hangs_and_keeps_the_other_fault() -> None:
    """All proxies are raised again, each with the state that it should have."""

    async def body() -> None:
        bench = Bench()
        await bench.links.populate()
        record = await bench.inject("a->b", SLOW)
        await bench.links.add_toxic("a->c", MUTE)
        bench.server.hangs = True
        await bench.links.undo(record)
        assert bench.restarts == 1
        assert await bench.links.undone(record)
        assert (await bench.links.snapshot("a->c"))["toxics"] == [normal(as_data(MUTE))]

    asyncio.run(body())


def test_an_observation_brings_canary_counts_and_state() -> None:
    """What a proof needs."""

    async def body() -> None:
        bench = Bench()
        await bench.links.populate()
        seen = await bench.links.observe("a->b")
        assert (seen.canary, dict(seen.counts), seen.state["enabled"]) == (
            "ok",
            {"reached": 3},
            True,
        )

    asyncio.run(body())


def test_a_link_that_the_run_does_not_have_is_refused_by_name() -> None:
    """The refusal lists those it has."""

    async def body() -> None:
        with pytest.raises(ConfigError, match="a->b, a->c"):
            await Bench().links.snapshot("a->z")

    asyncio.run(body())
