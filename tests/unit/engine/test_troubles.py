"""Which faults can have made the calls at a place fail."""

from __future__ import annotations

from typing import Any, cast

import pytest

from chaos.faults.latency import Latency
from chaos.faults.reply_lost import ReplyLost
from chaos.targets.reference import TARGET
from harness.experiment import Step
from harness.target import felt_at
from harness.troubles import Troubles

GATEWAY = "lending->payment_a"
BORROWERS = "borrower->lending"


@pytest.mark.parametrize(
    ("where", "felt", "not_felt"),
    [
        (GATEWAY, {GATEWAY, "payment_a", "lending"}, {"payment_b", "database", BORROWERS}),
        (BORROWERS, {"lending", "payment_a", GATEWAY, "lending->database", "database"}, set()),
        ("payment_a", {"payment_a"}, {GATEWAY, "lending"}),
    ],
)
def test_calls_fail_by_what_is_asked_for_their_answer(
    where: str, felt: set[str], not_felt: set[str]
) -> None:
    """A gateway's link is not hurt by the database; the borrowers' link is, by all."""
    places = felt_at(TARGET, where)
    assert felt <= places
    assert not not_felt & places


def slow(link: str) -> Step:
    """A delay at a link."""
    fault = Latency.model_validate({"link": link, "delay": "300ms"})
    return Step(fault=fault, at_s=6.0, for_s=3.0)


@pytest.mark.parametrize(
    ("from_s", "until_s", "known"),
    [
        (5.0, 5.9, False),
        (5.0, 6.0, True),
        (7.0, 8.0, True),
        (10.0, 14.0, True),
        (12.0, 14.0, False),
    ],
)
def test_trouble_is_felt_as_long_as_calls_that_it_held_up(
    from_s: float, until_s: float, known: bool
) -> None:
    """From its injection until 2.2 s after its undo; a fault is no other of itself."""
    troubles = Troubles(lambda where: where, lambda where: felt_at(TARGET, where))
    lost = Step(fault=cast(Any, ReplyLost(service="payment_a")), at_s=6.0, for_s=3.0)
    here = slow(GATEWAY)
    troubles.begins(here, 6.0)
    troubles.begins(slow("lending->risk"), 6.0)
    troubles.begins(lost, 6.0).until_s = 9.0
    expected = {"reply_lost payment_a"} if known else set()
    assert troubles.others(here, from_s, until_s) == expected
