"""A risk engine answers from the seed alone, unless it was told to answer wrongly."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.unit.mock_services.asgi import Bench, play, scoring

pytestmark = pytest.mark.unit


async def _score(bench: Bench, application_id: str = "app-1", **changes: Any) -> dict[str, Any]:
    status, answer = await bench.call("POST", "/v1/scores", scoring(application_id, **changes))
    assert status == 200
    result: dict[str, Any] = answer
    return result


def test_score_follows_from_seed_borrower_and_amount() -> None:
    """Another application of the same borrower scores the same; another seed does not."""

    async def scenario() -> None:
        bench = Bench("risk_engine")
        first = await _score(bench, "app-1")
        again = await _score(Bench("risk_engine"), "app-2")
        assert again["score"] == first["score"]
        assert 0 <= first["score"] <= 1000
        others = [
            (await _score(Bench("risk_engine", seed=8)))["score"],
            (await _score(bench, "app-3", borrower="b-0002"))["score"],
            (await _score(bench, "app-4", amount_minor=600_001))["score"],
        ]
        assert first["score"] not in others

    play(scenario)


@pytest.mark.parametrize(("share", "low", "high"), [(0.0, 0, 0), (0.9, 165, 195), (1.0, 200, 200)])
def test_approve_share_is_kept(share: float, low: int, high: int) -> None:
    """Of 200 borrowers about the given share is approved; all and none are exact."""

    async def scenario() -> None:
        bench = Bench("risk_engine", approve_share=share)
        answers = [await _score(bench, f"app-{i}", borrower=f"b-{i}") for i in range(200)]
        assert low <= sum(answer["decision"] == "approve" for answer in answers) <= high

    play(scenario)


def test_limit_follows_from_seed_and_borrower() -> None:
    """The same limit each time, within 500,000 and 5,000,000."""

    async def scenario() -> None:
        bench = Bench("risk_engine")
        first = await bench.call("GET", "/v1/limits/b-0001")
        assert await bench.call("GET", "/v1/limits/b-0001") == first
        limits = [(await bench.call("GET", f"/v1/limits/b-{i}"))[1] for i in range(50)]
        assert all(500_000 <= limit["limit_minor"] <= 5_000_000 for limit in limits)
        assert len({limit["limit_minor"] for limit in limits}) > 40
        assert first[1]["currency"] == "CNY"

    play(scenario)


def test_scoring_is_written_down_once_for_one_answer() -> None:
    """The same application again adds no entry; with another amount it is a conflict."""

    async def scenario() -> None:
        bench = Bench("risk_engine")
        answer = await _score(bench)
        assert await _score(bench) == answer
        (entry,) = await bench.ledger()
        assert (entry["f"], entry["k"], entry["borrower"]) == ("score", "app-1", "b-0001")
        assert (entry["amount_minor"], entry["decision"]) == (600_000, answer["decision"])
        status, refused = await bench.call("POST", "/v1/scores", scoring(amount_minor=1))
        assert (status, refused["code"]) == (409, "request_id_reused")

    play(scenario)


@pytest.mark.parametrize("value", [None, 0, 1000, "n/a", {"value": 1}])
def test_score_can_be_any_json(value: Any) -> None:
    """A caller must survive a constant, a missing and a nonsensical score."""

    async def scenario() -> None:
        bench = Bench("risk_engine")
        await bench.rules({"op": "score", "effect": "score", "args": {"value": value}})
        assert (await _score(bench))["score"] == value

    play(scenario)


def test_drift_moves_score_and_decision_together() -> None:
    """Minus 1000 points decline everybody, and the score stays in its range."""

    async def scenario() -> None:
        true = await _score(Bench("risk_engine", approve_share=1.0))
        bench = Bench("risk_engine", approve_share=0.9)
        await bench.rules(
            {"op": "score", "effect": "drift", "args": {"points": -5}, "last": 1},
            {"op": "score", "effect": "drift", "args": {"points": -1000}, "first": 2},
        )
        assert (await _score(bench, "app-1"))["score"] == true["score"] - 5
        assert await _score(bench, "app-2") == {
            "application_id": "app-2",
            "score": 0,
            "decision": "decline",
            "model_version": "m1",
        }

    play(scenario)


def test_another_replica_scores_by_a_model_of_its_own() -> None:
    """Each version answers alike whenever it is asked; the ledger says which one it was."""

    async def scenario() -> None:
        bench, other = Bench("risk_engine"), {"op": "score", "effect": "other_model"}
        first = await _score(bench)
        await bench.rules({**other, "args": {"version": "m9"}, "first": 1, "last": 1})
        second, third = await _score(bench), await _score(bench)
        assert [one["model_version"] for one in (first, second)] == ["m1", "m9"]
        assert (second["score"] != first["score"], third) == (True, first)
        assert [e["model_version"] for e in await bench.ledger()] == ["m1", "m9", "m1"]
        await bench.rules({**other, "args": {"version": "m1"}})
        assert await _score(bench) == first

    play(scenario)


def test_decline_leaves_the_score_alone() -> None:
    """A refused segment: the decision is wrong, the score is not."""

    async def scenario() -> None:
        true = await _score(Bench("risk_engine", approve_share=1.0))
        bench = Bench("risk_engine", approve_share=1.0)
        await bench.rules({"op": "score", "effect": "decline"})
        assert await _score(bench) == {**true, "decision": "decline"}

    play(scenario)


def test_nan_is_bare_on_the_wire_and_named_in_the_ledger() -> None:
    """As careless encoders write it: no JSON; the ledger stays readable."""

    async def scenario() -> None:
        bench = Bench("risk_engine")
        await bench.rules({"op": "score", "effect": "score", "args": {"value": "NaN"}})
        with pytest.raises(msgspec.DecodeError):
            await bench.call("POST", "/v1/scores", scoring())
        assert [entry["score"] for entry in await bench.ledger()] == ["NaN"]

    play(scenario)
