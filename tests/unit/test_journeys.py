"""Journeys and the driver that turns them into events, played by hand: no socket, no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from chaos.targets.reference import TARGET
from harness.clock import NS
from harness.errors import ConfigError, HarnessError
from harness.load.driver import AtOnce, Drive, Send, SleepUntil, drive, find_journey
from harness.rng import Dice, Seed
from harness.target import Answer, load_target

Event = dict[str, Any]
Replies = Callable[[Send], Answer]
ID_OF = {"submit": "application_id", "repay": "repayment_id"}
REFUSAL = {"code": "busy", "message": "later", "retryable": True, "reference": "r-1"}


def dice(number: int = 0) -> Dice:
    """The dice of a journey."""
    return Seed(7).stream(f"load/journey/{number}")


def play(kind: str, replies: Replies, number: int = 17, due_s: float = 2.0) -> list[Event]:
    """Play a journey on a virtual clock on which each request takes 10 ms.

    Returns:
        its events.
    """
    events: list[Event] = []
    now = [round(due_s * NS)]
    steps = drive(
        find_journey(kind).steps(number, dice(number)), name=f"{kind}/{number}", due_ns=now[0],
        target=TARGET, emit=lambda event: events.append(dict(event)), now_ns=lambda: now[0],
    )  # fmt: skip
    _lead(steps, replies, now)
    return events


def _lead(steps: Drive, replies: Replies, now: list[int]) -> Any:
    """Play to the end; parts that run at once all begin before the first of them is answered."""
    reply: Any = None
    while True:
        try:
            step = steps.send(reply)
        except StopIteration as end:
            return end.value
        if isinstance(step, SleepUntil):
            now[0], reply = max(now[0], step.t_ns), None
        elif isinstance(step, AtOnce):
            asked = [(part, part.send(None)) for part in step.parts]
            now[0] += NS // 100
            reply = tuple(_answered(part, send, replies) for part, send in asked)
        else:
            now[0] += NS // 100
            reply = replies(step)


def _answered(part: Drive, step: Send | SleepUntil | AtOnce, replies: Replies) -> Any:
    assert isinstance(step, Send), "one operation is one request"
    try:
        part.send(replies(step))
    except StopIteration as end:
        return end.value
    raise AssertionError("one operation is one request")


def good(step: Send) -> Answer:
    """A service that does at once what it is asked."""
    call = step.call
    bodies: dict[str, dict[str, Any]] = {
        "read_limit": {"available_minor": 1_000_000},
        "submit": {"application_id": f"app-{call.k}", "status": "acknowledged"},
        "application": {"status": "active", "loan_id": "loan-9"},
        "read_loan": {"schedule": [{"amount_minor": 500, "paid_minor": 500},
                                   {"amount_minor": 500, "paid_minor": 200}]},
        "repay": {"repayment_id": f"rep-of-{call.k}", "status": "accepted"},
        "repayment": {"status": "credited"},
    }  # fmt: skip
    return Answer(202 if call.f in ID_OF else 200, bodies[call.f])


def but(f: str, *answers: Answer) -> Replies:
    """A good service whose first calls of `f` come to `answers`; the last one stays."""
    left = list(answers)

    def reply(step: Send) -> Answer:
        if step.call.f != f or not left:
            return good(step)
        return left.pop(0)

    return reply


def invokes(events: list[Event], f: str = "") -> list[Event]:
    """The invokes of an operation."""
    return [e for e in events if e["type"] == "invoke" and f in ("", e["f"])]


def gaps_s(events: list[Event]) -> Iterator[float]:
    """Seconds between a completion and the due time of what came next."""
    for before, after in pairwise(events):
        if after["type"] == "invoke":
            yield round((after["due"] - before["t"]) / NS, 6)


@pytest.mark.parametrize("kind", ["consumer", "sme"])
def test_a_borrower_goes_from_the_limit_to_the_first_repayment(kind: str) -> None:
    """Reads, applies, watches, repays what is open of the first open item, looks once."""
    events = play(kind, good)
    assert [e["f"] for e in invokes(events)] == [
        "read_limit", "submit", "application", "read_loan", "repay", "repayment",
    ]  # fmt: skip
    submit, repay = invokes(events, "submit")[0], invokes(events, "repay")[0]
    assert submit["k"] == "sub-17"
    assert submit["v"]["segment"] == kind
    assert repay["k"] == "rep-17"
    assert repay["v"] == {"loan_id": "loan-9", "amount_minor": 300}


def test_a_business_with_wages_to_pay_looks_elsewhere_in_time() -> None:
    """It watches for 7 s, and takes no for an answer."""
    waits = Answer(200, {"status": "queued_degraded", "message": "We keep trying."})
    looks = invokes(play("payroll", but("application", *[waits] * 9)), "application")
    assert 6.0 < (looks[-1]["due"] - looks[0]["due"]) / NS < 8.0
    told = invokes(play("payroll", but("application", Answer(200, {"status": "declined"}))))
    assert [e["f"] for e in told] == ["read_limit", "submit", "application"]


def test_an_amount_stays_within_the_limit_that_was_shown() -> None:
    """Whatever the dice say, nobody asks for more than is available."""
    shown = Answer(200, {"available_minor": 61_050})
    for number in range(40):
        events = play("consumer", but("read_limit", shown), number)
        assert 50_000 <= invokes(events, "submit")[0]["v"]["amount_minor"] <= 61_000


def test_seven_of_ten_borrowers_are_from_the_book() -> None:
    """Existing borrowers may get stand-in decisions, new ones may not: both must come."""
    names = [invokes(play("consumer", good, n), "read_limit")[0]["k"] for n in range(400)]
    existing = sum(name.startswith("b-") for name in names)
    assert 240 < existing < 320
    assert {name for name in names if name.startswith("n-")} <= {f"n-{n}" for n in range(400)}


def test_the_first_operation_is_due_at_the_arrival_and_later_ones_when_planned() -> None:
    """Latency counts from the intended start: arrival, completion before, or end of a wait."""
    events = play("consumer", good, due_s=2.0)
    assert events[0]["due"] == 2 * NS
    assert list(gaps_s(events)) == [0.0, 0.3, 0.0, 0.0, 0.0]


def test_an_oversleeping_driver_does_not_move_the_due_time() -> None:
    """A load that is late must not hide how long the borrower waited."""
    now = [0]
    events: list[Event] = []
    steps = drive(
        find_journey("consumer").steps(1, dice()), name="consumer/1", due_ns=0, target=TARGET,
        emit=lambda event: events.append(dict(event)), now_ns=lambda: now[0],
    )  # fmt: skip
    step = next(steps)
    for _ in ("read_limit", "submit"):
        assert isinstance(step, Send)
        step = steps.send(good(step))
    sleep = step
    assert isinstance(sleep, SleepUntil)
    now[0] = 9 * NS
    steps.send(None)
    assert events[-1]["t"] == 9 * NS
    assert events[-1]["due"] == sleep.t_ns == round(0.3 * NS)


def test_after_an_unknown_outcome_the_same_key_goes_on_under_a_new_process_name() -> None:
    """A process that ended in info never runs again; at most two more tries, 0.5 s apart."""
    events = play("consumer", but("submit", *[Answer(None, error="timeout")] * 9))
    tries = invokes(events, "submit")
    assert [e["p"] for e in tries] == ["consumer/17", "consumer/17.2", "consumer/17.3"]
    assert {e["k"] for e in tries} == {"sub-17"}
    assert [e["type"] for e in events if e["f"] == "submit"] == ["invoke", "info"] * 3
    assert list(gaps_s(events))[1:] == [0.5, 0.5]


def test_an_unknown_submit_that_is_confirmed_later_goes_on_to_the_end() -> None:
    """The second try of the same key finds the application."""
    events = play("consumer", but("submit", Answer(None, error="reset")))
    assert events[-1]["f"] == "repayment"
    assert events[-1]["p"] == "consumer/17.2"


@pytest.mark.parametrize(("retry_after_s", "waited_s"), [(1, 1.0), (60, 2.0), (None, 0.5)])
def test_a_retryable_refusal_is_tried_once_more_when_it_says(
    retry_after_s: float | None, waited_s: float
) -> None:
    """Once, after the time it names, at most 2 s."""
    refusal = Answer(503, {**REFUSAL, "retry_after_s": retry_after_s})
    events = play("consumer", but("submit", *[refusal] * 3))
    assert len(invokes(events, "submit")) == 2
    assert list(gaps_s(events))[-1] == waited_s


def test_a_final_refusal_is_taken_as_an_answer() -> None:
    """A borrower who was told "no" goes home."""
    refusal = Answer(422, {**REFUSAL, "retryable": False, "retry_after_s": None})
    events = play("consumer", but("submit", refusal))
    assert events[-1]["f"] == "submit"
    assert events[-1]["type"] == "fail"
    assert events[-1]["err"] == "busy"


def test_watching_an_application_ends_after_eight_seconds() -> None:
    """Growing gaps: a borrower looks often at first and then gives up."""
    waiting = Answer(200, {"status": "scoring"})
    events = play("consumer", but("application", *[waiting] * 20))
    looked = [gap for gap in gaps_s(events) if gap]
    assert looked == sorted(looked)
    assert sum(looked) == pytest.approx(8.0)
    assert events[-1]["f"] == "application"


def test_a_repayer_repays_the_next_open_item_and_waits_until_it_is_credited() -> None:
    """Number 17 has loan b-0018; number 417 shares it, nobody in between does."""
    events = play("repayer", but("repayment", Answer(200, {"status": "queued"})))
    assert [e["f"] for e in invokes(events)] == ["read_loan", "repay", "repayment", "repayment"]
    assert invokes(events)[0]["k"] == "loan-b-0018"
    loans = {invokes(play("repayer", good, n))[0]["k"] for n in range(17, 417)}
    assert len(loans) == 400


def test_a_repayer_repays_also_when_the_loan_cannot_be_shown() -> None:
    """Repayment is never blocked by a page that does not load."""
    events = play("repayer", but("read_loan", Answer(None, error="timeout")))
    assert invokes(events, "repay")[0]["v"]["amount_minor"] == 200_000


def test_an_angry_borrower_repeats_one_wish_and_then_changes_the_amount() -> None:
    """Three equal taps, a fourth with another amount under the same key, then looks."""
    events = play("angry_retrier", good)
    taps = invokes(events, "submit")
    assert len({e["k"] for e in taps}) == 1
    assert [e["v"] == taps[0]["v"] for e in taps] == [True, True, True, False]
    assert {name for name in taps[0]["v"] if taps[0]["v"][name] != taps[3]["v"][name]} == {
        "amount_minor"
    }
    assert events[-1]["f"] == "application"


def test_every_event_has_all_the_keys_of_a_history_line() -> None:
    """The parent appends them as they are."""
    keys = {"t", "p", "type", "f", "k", "v", "err", "due", "src"}
    assert all(event.keys() == keys for event in play("consumer", good))


def test_a_driver_that_forgets_the_answer_is_told_so() -> None:
    """None instead of an Answer is a defect of the caller, not of the service."""
    steps = drive(
        find_journey("consumer").steps(1, dice()), name="consumer/1", due_ns=0, target=TARGET,
        emit=lambda event: None, now_ns=lambda: 0,
    )  # fmt: skip
    next(steps)
    with pytest.raises(HarnessError, match="needs an Answer"):
        next(steps)


def test_an_unknown_journey_or_target_is_named() -> None:
    """A typing error is the person's to mend: ConfigError with the dotted name."""
    with pytest.raises(ConfigError, match=r"chaos\.journeys\.nobody"):
        find_journey("nobody")
    with pytest.raises(ConfigError, match="JOURNEY"):
        find_journey("chaos.targets.reference")
    with pytest.raises(ConfigError, match="TARGET"):
        load_target("chaos.journeys.sme")


def test_a_settler_pays_in_parts_and_asks_for_what_nobody_owes() -> None:
    """The wrong loan, too much, a part that ends inside an item, nearly all (each also for
    somebody else's loan, under the same key), the rest twice at once, and once more."""
    paid: list[int] = []
    own: list[str] = []

    def owing(step: Send) -> Answer:
        if step.call.f == "read_loan":
            own.append(step.call.k)
            return Answer(200, {"outstanding_minor": 600_000 - sum(paid)})
        if step.call.k.startswith(("part", "more")) and step.call.args["loan_id"] == own[0]:
            paid.append(step.call.args["amount_minor"])
        return good(step)

    repays = invokes(play("settler", owing), "repay")
    names = [e["k"].partition("-")[0] for e in repays]
    assert names == ["none", "much", "part", "part", "more", "more", "rest", "also", "again"]
    wrong, much, part, other, more, _, rest, also, _ = (e["v"] for e in repays)
    assert other == {**part, "loan_id": other["loan_id"]} != part
    assert wrong["loan_id"] != much["loan_id"] == part["loan_id"]
    assert much["amount_minor"] > 600_000
    assert sum(one["amount_minor"] for one in (part, more, rest)) == 600_000
    assert (rest, repays[6]["t"]) == (also, repays[7]["t"])


def test_a_returner_has_two_wishes_at_once_and_comes_back_after_the_end() -> None:
    """The same keys and bodies again, and a look at what was terminal."""
    events = play("returner", good)
    submits = invokes(events, "submit")
    assert [e["k"] for e in submits] == ["one-17", "two-17"] * 2
    assert submits[0]["t"] == submits[1]["t"]
    assert submits[0]["v"]["borrower"] == submits[1]["v"]["borrower"]
    assert [e["v"] for e in submits[:2]] == [e["v"] for e in submits[2:]]
    ended = [e["t"] for e in invokes(events, "application")]
    assert len(ended) == 4
    assert ended[2] - ended[1] >= 4 * NS
    assert len({e["k"] for e in invokes(events, "repay")}) == 2
