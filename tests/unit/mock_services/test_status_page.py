"""A status page at a provider of its own tells how old its word is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.mock_services.asgi import Bench, play

pytestmark = pytest.mark.unit
WORD = {"submit": {"mode": "FULL"}}


async def _look(bench: Bench) -> tuple[int, Any]:
    return await bench.call("GET", "/v1/page")


def test_a_page_that_nobody_publishes_says_that_it_is_out_of_date() -> None:
    """Nothing at first; what was published; then since when nothing was heard."""

    async def scenario() -> None:
        bench = Bench("status_page")
        assert (await _look(bench))[0] == 404
        await bench.call("POST", "/v1/publications", {"operations": WORD})
        status, shown = await _look(bench)
        assert (status, shown["operations"], shown["stale"]) == (200, WORD, False)
        await bench.clock.advance(3.5)
        _, shown = await _look(bench)
        assert shown["stale"]
        assert "for 4 s; it may be unavailable" in shown["message"]
        await bench.call("POST", "/v1/publications", {"operations": WORD})
        assert not (await _look(bench))[1]["stale"]

    play(scenario)


def test_readers_are_no_calls_of_the_service() -> None:
    """A rule for every call leaves the page readable; only what is published is counted."""

    async def scenario() -> None:
        bench = Bench("status_page")
        await bench.call("POST", "/v1/publications", {"operations": WORD})
        await bench.rules({"op": "*", "effect": "error"})
        assert (await bench.call("POST", "/v1/publications", {"operations": WORD}))[0] == 503
        assert (await _look(bench))[0] == 200
        counted = (await bench.control("GET", "/_counts"))[1]
        assert counted["calls"] == {"publish": 2}

    play(scenario)


@pytest.mark.parametrize("wrong", [{}, {"operations": {}}, {"operations": WORD, "colour": "red"}])
def test_a_publication_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    """Nothing in it, or a field that there is not; the page stays as it was."""

    async def scenario() -> None:
        bench = Bench("status_page")
        assert (await bench.call("POST", "/v1/publications", wrong))[0] == 422
        assert (await _look(bench))[0] == 404

    play(scenario)
