"""A policy provider tells what is in force, under an epoch that only grows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.mock_services.asgi import Bench, play

pytestmark = pytest.mark.unit
SME = {"op": "enact", "effect": "suspend", "args": {"segment": "sme"}}


async def _told(bench: Bench) -> Any:
    status, body = await bench.call("GET", "/v1/policy")
    assert status == 200
    return body


def test_a_suspension_is_a_new_policy_and_so_is_its_end() -> None:
    """Written down when it begins, not when somebody asks."""

    async def scenario() -> None:
        bench = Bench("policy")
        assert await _told(bench) == {"epoch": 1, "suspended": []}
        await bench.rules(SME, {"op": "enact", "effect": "suspend", "args": {"partner": "x"}})
        (entry,) = [one for one in await bench.ledger() if one["f"] == "policy"]
        assert entry["suspended"] == [{"segment": "sme"}, {"partner": "x"}]
        assert (await _told(bench))["epoch"] == 2
        await bench.rules()
        assert await _told(bench) == {"epoch": 3, "suspended": []}

    play(scenario)


def test_a_standby_may_answer_the_policy_of_before_and_says_so_in_the_ledger() -> None:
    """Blank is no policy, and is not entered as told."""

    async def scenario() -> None:
        bench = Bench("policy")
        await bench.rules({"op": "policy", "effect": "outdated", "last": 1}, SME)
        assert await _told(bench) == {"epoch": 1, "suspended": []}
        assert (await _told(bench))["epoch"] == 2
        await bench.rules({"op": "policy", "effect": "blank"}, SME)
        assert await _told(bench) == {}
        told = [one["status"] for one in await bench.ledger() if one["f"] == "told"]
        assert told == ["OUTDATED", "CURRENT"]

    play(scenario)
