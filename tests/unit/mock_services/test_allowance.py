"""One allowance of two gateways: whoever asks uses up what both may do."""

from __future__ import annotations

import asyncio

import msgspec

from mock_services.allowance import Allowance
from tests.unit.mock_services.asgi import VirtualClock


def test_both_eat_from_one_allowance_and_it_fills_up_again() -> None:
    """4/s: four at once, whoever asks; after half a second two more; refusals use up nothing."""

    async def told() -> list[list[int]]:
        clock = VirtualClock()

        async def nobody(url: str, body: dict[str, object]) -> str:
            raise AssertionError(url)

        async def ask(url: str, body: dict[str, object]) -> str:
            assert url == "http://first/v1/allowance"
            per_s = body["per_s"]
            assert isinstance(per_s, float)
            return msgspec.json.encode({"taken": first.take(per_s)}).decode()

        first = Allowance(clock, nobody)
        second = Allowance(clock, ask, "http://first")

        async def turn() -> list[int]:
            asked = [await one.refused(4.0) for one in (first, second, second) * 2]
            return [reply.status if reply else 200 for reply in asked]

        rounds = [await turn()]
        await clock.advance(0.5)
        rounds.append(await turn())
        assert (first.turned_away, second.turned_away) == (1, 5)
        return rounds

    assert asyncio.run(told()) == [[200] * 4 + [429] * 2, [200] * 2 + [429] * 4]


def test_whoever_cannot_ask_does_nothing() -> None:
    """No word of who keeps the count is no leave; it is not called a limit either."""

    async def told(answer: str) -> int:
        async def ask(url: str, body: dict[str, object]) -> str:
            if not answer:
                raise ConnectionRefusedError(url)
            return answer

        one = Allowance(VirtualClock(), ask, "http://first")
        reply = await one.refused(4.0)
        assert reply is not None
        assert one.turned_away == 0
        return reply.status

    assert [asyncio.run(told(answer)) for answer in ("", "<html>", "{}")] == [503] * 3
