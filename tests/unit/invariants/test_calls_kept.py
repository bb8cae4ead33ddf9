"""Callbacks that are heard, calls that are made again, work at once: on hand-written histories."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.invariants.bounded_work_at_once import INVARIANT as AT_ONCE
from chaos.invariants.callbacks_are_heard import INVARIANT as HEARD
from chaos.invariants.tried_again_in_time import INVARIANT as AGAIN
from chaos.targets.reference import TARGET
from harness.model import Validity, Verdict
from tests.unit.invariants.build import PRICE, Story, verdict, what

pytestmark = pytest.mark.unit
CONTRACT = {"contract": TARGET.contract}


def _tells(story: Story, answer: str | None, **told: Any) -> Story:
    """A gateway that paid at 2 s tells so at 4 s."""
    body: dict[str, Any] = {
        "gateway": "payment_a",
        "kind": "payout",
        "request_id": "payment_a:loan-1",
    }
    body |= {"reference": "loan-1", "amount_minor": PRICE, "currency": "CNY", "status": "SUCCESS"}
    told = {"told": {**body, **told}, "answer": answer}
    return story.called(4.0, "payment_a", "callback", "loan-1", **told)


def _paid() -> Story:
    return Story().submits(1.0, "k", "app-1").pays_out(2.0, "loan-1", currency="CNY")


def _heard(story: Story) -> Verdict:
    return verdict(HEARD, story.ledgers_read())


@pytest.mark.parametrize(
    ("answer", "told", "why"),
    [("success", {}, ""),
     ("success", {"status": "FAILED"}, ""),
     ("no", {}, "refused a callback of payment_a of 4.00 s on loan-1, which says what its books"),
     ("no", {"amount_minor": 1}, ""),
     ("success", {"amount_minor": 1}, "took in a callback"),
     ("success", {"request_id": "another"}, "which its books refute")],
)  # fmt: skip
def test_a_callback_is_taken_in_exactly_when_it_is_true(
    answer: str, told: dict[str, Any], why: str
) -> None:
    """Of the payment; its status may have been overtaken."""
    found = _heard(_tells(_paid(), answer, **told))
    assert found.validity is Validity.VALID if not why else why in what(found)


@pytest.mark.parametrize(
    ("read_s", "status", "good"),
    [(5.9, "payment_unknown", True), (6.5, "payment_unknown", False), (6.5, "active", True)],
)
def test_who_asks_after_a_callback_knows_what_it_told(
    read_s: float, status: str, good: bool
) -> None:
    """Without waiting for the answer to a question."""
    found = _heard(_tells(_paid().looks(read_s, "app-1", status, loan_id="loan-1"), "success"))
    assert found.validity is Validity.VALID if good else "had told that it" in what(found)


def test_while_our_own_records_are_away_nobody_is_blamed() -> None:
    """Nor where the callback got no answer; then there is nothing to look at."""
    story = _tells(_paid().breaks(3.0, 5.0, "lending->database"), "records_unavailable")
    assert _heard(story).validity is Validity.UNKNOWN
    assert _heard(_tells(_paid(), None)).validity is Validity.UNKNOWN


def _fails(*at: tuple[float, int], rest: int | None = None, ends_s: float = 40.0) -> Story:
    """A borrower's limit is asked for at 9.9 s; calls at these instants come to that status."""
    story = Story().nemesis(8.0, "inject", "risk", kind="http_error")
    story.op(9.9, "read_limit", "b-1", took_s=6.0)
    for t_s, status in at:
        asked = {} if rest is None else {"retry_after_s": rest}
        story.called(t_s, "risk", "limit", "b-1", status=status, **asked)
    return story.nemesis(ends_s, "heal", "risk", kind="http_error", proven_undone=True)


@pytest.mark.parametrize(
    ("story", "why"),
    [(_fails((10.0, 503), (10.05, 503), (10.15, 200)), ""),
     (_fails((10.0, 503), (10.05, 503), (10.15, 503)), ""),
     (_fails((10.0, 503), (10.01, 200)), "was called again 0.009 s later"),
     (_fails((10.0, 503), (10.05, 503), (10.08, 200)), "the 2. in a row"),
     (_fails((10.0, 503), (10.05, 503), (10.4, 200)), "declared 0.150 s or less"),
     (_fails((10.0, 503), (10.1, 503), (10.3, 503), (10.6, 503)), "called 4 times"),
     (_fails((10.0, 503)), "and nobody called again"),
     (_fails((10.0, 503), ends_s=10.1), ""),
     (_fails((10.0, 429), rest=5), ""),
     (_fails((10.0, 429), (10.05, 429), rest=5), "and was asked again"),
     (_fails((10.0, 429), (13.0, 429), (15.1, 200), rest=5), "was called at 13.00 s"),
     (_fails((10.0, 429), (14.9, 200), rest=5), "")],
)  # fmt: skip
def test_a_call_is_made_again_as_declared(story: Story, why: str) -> None:
    """Soon, ever later, three times at most, and not while rest was asked for."""
    found = verdict(AGAIN, story, **CONTRACT)
    assert found.validity is Validity.VALID if not why else why in what(found)


def test_an_open_breaker_or_a_spent_budget_excuses_who_gives_up() -> None:
    """Five failures in a row, or ten retries that may have been made."""
    story = _fails((10.0, 503))
    for n in range(5):
        story.called(9.0 + n / 10, "risk", "score", f"app-{n}", status=503)
    assert verdict(AGAIN, story, **CONTRACT).validity is Validity.VALID


def _under_way(n: int, took_s: float) -> Story:
    story = Story()
    for i in range(n):
        story.called(20.0 + i / 100, "payment_a", "create_debit", f"rep-{i}", took_s=took_s)
    return story


@pytest.mark.parametrize(
    ("n", "took_s", "good"), [(12, 0.6, True), (13, 0.6, False), (40, 0.05, True)]
)
def test_work_at_once_is_bounded(n: int, took_s: float, good: bool) -> None:
    """However many calls there are in all."""
    found = verdict(AT_ONCE, _under_way(n, took_s), **CONTRACT)
    assert found.validity is Validity.VALID if good else "declared 12" in what(found)


def test_calls_that_were_given_up_are_under_way_no_more() -> None:
    """A stand-in goes on with them, its caller does not."""
    story = Story()
    for i in range(20):
        story.called(30.0, "payment_a", "create_debit", f"rep-{i}", took_s=10.0 - i / 2)
    assert verdict(AT_ONCE, story, **CONTRACT).validity is Validity.VALID
