"""What an operator is told against the faults that there were, on hand-written histories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from chaos.invariants._finding import Invariant
from chaos.invariants.figures_agree import INVARIANT as FIGURES
from chaos.invariants.ready_when_it_is import INVARIANT as READY
from chaos.invariants.status_page_is_true import INVARIANT as STATUS
from chaos.invariants.trouble_is_noticed import INVARIANT as NOTICED
from chaos.invariants.work_ends import INVARIANT as WORK
from chaos.targets._reference_gauges import page_group
from chaos.targets.reference import TARGET
from chaos.targets.two_regions import TwoRegions
from harness.model import Validity
from harness.target import system_of
from tests.unit.invariants.build import Story, verdict, what

pytestmark = pytest.mark.unit
ALL = (FIGURES, NOTICED, READY, STATUS, WORK)
RISK, STORE = "lending->risk", "lending->database"


@pytest.mark.parametrize("invariant", ALL, ids=lambda one: one.name)
def test_nothing_to_look_at_is_never_valid(invariant: Invariant) -> None:
    """An empty record proves nothing."""
    assert verdict(invariant, Story()).validity is Validity.UNKNOWN


def _tells(story: Story, t_s: float, **groups: Any) -> Story:
    return story.event(t_s, p="lending", type="info", f="gauges", v=groups, src="service")


def _status(mode: str, t_s: float, breaker: str, fault: str = "down") -> Story:
    story = Story()
    for n in range(40):
        story.submits(n / 2, f"k{n}", f"app-{n}")
    story.breaks(5.0, 13.0, RISK, fault)
    return _tells(story, t_s, Modes={"submit": mode}, Breakers={"risk": breaker})


@pytest.mark.parametrize(
    ("mode", "t_s", "breaker"),
    [("FULL", 4.0, "closed"), ("FULL", 7.0, "closed"), ("STANDIN", 11.0, "open"),
     ("STANDIN", 15.0, "half open"), ("FULL", 30.0, "closed")],
)  # fmt: skip
def test_a_page_that_says_what_is_so(mode: str, t_s: float, breaker: str) -> None:
    """Before, when it may not be noticed yet, while it lasts, and a while afterwards."""
    assert verdict(STATUS, _status(mode, t_s, breaker)).validity is Validity.VALID


@pytest.mark.parametrize(
    ("mode", "t_s", "breaker", "why"),
    [("FULL", 11.0, "closed", "while down at lending->risk"),
     ("STANDIN", 4.0, "open", "nothing that it depends on was broken"),
     ("STANDIN", 30.0, "open", "nothing that it depends on was broken"),
     ("STANDIN", 14.0, "closed", "no breaker")],
)  # fmt: skip
def test_a_page_that_does_not(mode: str, t_s: float, breaker: str, why: str) -> None:
    """Trouble untold, trouble that is none, and trouble that its own figures do not know."""
    assert why in what(verdict(STATUS, _status(mode, t_s, breaker)))


def _said(story: Story, t_s: float, mode: str, began_s: float, **other: Any) -> Story:
    """A look at the whole page; the services' clock is 100 s ahead."""
    words: dict[str, Any] = {"reason": "risk_down", "message": "Known customers alone."}
    words = words if mode != "FULL" else {"reason": "none", "message": "Works."}
    told = {**words, "since_s": 100 + began_s, **other}
    if mode != "FULL":
        told.setdefault("next_update_by_s", 100 + t_s + 5)
    page = {page_group(k): {"submit": v} for k, v in told.items() if v is not None}
    whole = {"read_loan": "FULL"}
    for field, word in {"message": "Works.", "reason": "none", "since_s": 100.0}.items():
        page.setdefault(page_group(field), {})["read_loan"] = word
    return _tells(story, t_s, Modes={"submit": mode, **whole}, Breakers={"risk": "open"}, **page)


def _day() -> Story:
    story = Story().breaks(5.0, 13.0, RISK, "down").ledger(1.0, "risk", "score", "app", t_s=101.0)
    return _said(_said(story, 5.2, "FULL", 0.0), 6.2, "STANDIN", 5.8)


def test_a_page_that_says_since_when_and_why() -> None:
    """The mode began between the two looks that differ."""
    assert verdict(STATUS, _said(_day(), 7.2, "STANDIN", 5.8)).validity is Validity.VALID


@pytest.mark.parametrize(
    ("mode", "began_s", "other", "why"),
    [("STANDIN", 9.0, {}, "still to come"),
     ("FULL", 0.0, {}, "and called it STANDIN at 6.20 s"),
     ("FULL", 7.0, {"next_update_by_s": 112.0}, "promises another word"),
     ("STANDIN", 5.8, {"next_update_by_s": None, "message": "Old."}, "does not say when"),
     ("STANDIN", 5.8, {"next_update_by_s": 104.0}, "which is over"),
     ("STANDIN", 5.8, {"message": "Works."}, "that of what is whole"),
     ("STANDIN", 5.8, {"reason": "payment_down"}, "nothing that it needs"),
     ("STANDIN", 5.8, {"reason": "funding_down"}, "nothing of that kind was broken")],
)  # fmt: skip
def test_a_page_whose_words_are_not_true(
    mode: str, began_s: float, other: dict[str, Any], why: str
) -> None:
    """The mode is right, and what is said of it is not."""
    assert why in what(verdict(STATUS, _said(_day(), 7.2, mode, began_s, **other)))


def test_a_mode_that_always_began_just_now_is_found() -> None:
    """It may have ended and begun again between two looks, but not between each two."""
    story = _said(_day(), 7.2, "STANDIN", 7.1)
    assert verdict(STATUS, story).validity is Validity.VALID
    found = verdict(STATUS, _said(story, 8.2, "STANDIN", 8.1))
    assert "calls it STANDIN since 8.10 s, and had called it so at each look" in what(found)


@pytest.mark.parametrize(("lane", "good"), [("", False), ("/inquire", True)])
def test_good_calls_of_another_lane_say_nothing_of_a_row(lane: str, good: bool) -> None:
    """Inquiries come through, and payments fail one after the other: their breaker may open."""
    story = Story()
    for t_s, failed in enumerate((0.0, 2.0, 4.0, 6.0)):
        calls = {"risk": failed, "risk/inquire": 0.0}
        calls["risk" + lane] += 10.0 * t_s
        _counts(story, t_s, calls, {"risk": failed}, "open" if failed > 4.0 else "closed")
    found = verdict(FIGURES, story, contract=TARGET.contract)
    assert (found.validity is Validity.VALID) is good


@pytest.mark.parametrize(("depth", "late", "why"),
    [(3, 1, ""), (2, 1, "to hold 2 tasks at 9.00 s, and 3"), (3, 2, "2 successes are told")],
)  # fmt: skip
def test_totals_that_do_not_add_up_are_found(depth: float, late: float, why: str) -> None:
    """The depth of the outbox is that of its kinds; one payment failed, and was paid then."""
    story = Story().pays_out(1.0, "loan-1", status="FAILED").pays_out(2.0, "loan-1")
    story.pays_out(3.0, "loan-2")
    totals = {"lending_outbox_depth": depth, "lending_late_successes_total": late}
    groups: dict[str, Any] = {".totals": totals, "Queue, tasks": {"debit": 1, "notice": 2}}
    _tells(story, 9.0, **groups, **{"Calls to third parties, 1/s": {"payment_a": 3}})
    found = verdict(FIGURES, story)
    assert (what(found) if why else "").find(why) >= 0
    assert (found.validity is Validity.VALID) is (why == "")


@pytest.mark.parametrize(
    ("answer", "t_s", "why"),
    [("yes", 4.0, ""), ("no", 8.0, ""), ("no", 14.0, ""), ("yes", 5.5, ""),
     ("yes", 13.0, ""), ("no", 25.0, "not ready, and neither"),
     ("yes", 9.0, "ready while down at")],
)  # fmt: skip
def test_ready_follows_the_records(answer: str, t_s: float, why: str) -> None:
    """Red while they are away, green while they are not, and a moment for the change."""
    story = Story().breaks(5.0, 13.0, STORE, "down")
    found = verdict(READY, _tells(story, t_s, Ready={"service": answer}))
    assert (what(found) if why else "").find(why) >= 0
    assert (found.validity is Validity.VALID) is (why == "")


@pytest.mark.parametrize(
    ("answer", "t_s", "why"), [("yes", 9.0, ""), ("no", 8.0, ""), ("no", 25.0, "not ready, and")]
)
@pytest.mark.parametrize("link", [STORE, "lending->database_b"])
def test_of_two_records_either_may_be_the_one_that_is_asked(
    answer: str, t_s: float, why: str, link: str
) -> None:
    """A standby may have taken over: it is ready while one of them cannot be reached, or is not."""
    story = Story().breaks(5.0, 13.0, link, "down")
    told = _tells(story, t_s, Ready={"service": answer})
    found = verdict(READY, told, system=system_of(TwoRegions()))
    assert (what(found) if why else "").find(why) >= 0
    assert (found.validity is Validity.VALID) is (why == "")


def _ends(status: str, **tasks: float) -> Story:
    story = Story().submits(1.0, "k", "app-1").settles(9.0).reads("app-1", status)
    return story.op(9.5, "figures", "service", value={"Queue, tasks": tasks})


def test_work_that_is_left_over_is_found() -> None:
    """What has not ended may have some; what has ended none."""
    assert verdict(WORK, _ends("active")).validity is Validity.VALID
    assert verdict(WORK, _ends("manual", inquire=1.0)).validity is Validity.VALID
    assert "1 inquire left in the outbox" in what(verdict(WORK, _ends("active", inquire=1.0)))


@pytest.mark.parametrize(
    ("t_s", "place", "good"),
    [(7.0, STORE, True), (30.0, STORE, False), (7.0, "lending->risk", False)],
)
def test_work_fails_only_with_our_records(t_s: float, place: str, good: bool) -> None:
    """Whatever fails while they are well fails by itself: a third party away is waited for."""
    story = _ends("active").breaks(5.0, 8.0, place)
    for at_s, n in ((t_s - 1, 0.0), (t_s, 2.0)):
        _tells(story, at_s, **{"Tasks tried again, 1/s": {"debit": n}})
    assert (verdict(WORK, story).validity is Validity.VALID) is good


def test_figures_that_count_less_than_was_done_are_found() -> None:
    """Two payouts are two calls; a counter that goes back has forgotten some."""
    story = Story().pays_out(1.0, "loan-1").pays_out(1.5, "loan-2")
    calls = "Calls to third parties, 1/s"
    good = _tells(story, 9.0, **{calls: {"payment_a": 2.0}})
    assert verdict(FIGURES, good).validity is Validity.VALID
    assert "from 2 to 1" in what(verdict(FIGURES, _tells(good, 10.0, **{calls: {"payment_a": 1}})))
    few = _tells(Story().pays_out(1.0, "loan-1"), 9.0, **{calls: {"risk": 1.0}})
    assert "did 1 things by then" in what(verdict(FIGURES, few))


def _harmed(users: int, mode: str, ready: str) -> Story:
    """So many borrowers refused within a second, and what the service says of itself then."""
    story = Story().breaks(5.0, 13.0, RISK)
    for n in range(users):
        story.fails(6.0 + n / 100, "submit", f"k{n}", "http_503", 503)
    for t_s, now, is_ready in ((4.0, "FULL", "yes"), (7.0, mode, ready)):
        answer = {"Ready": {"service": is_ready}} if is_ready else {}
        _tells(story, t_s, Modes={"submit": now}, **answer)
    return story.settles(40.0)


@pytest.mark.parametrize(
    ("users", "mode", "ready", "good"),
    [(10, "FULL", "yes", True), (11, "FULL", "yes", False), (11, "QUEUE", "yes", True),
     (11, "FULL", "no", True), (11, "FULL", "", True)],
)  # fmt: skip
def test_trouble_is_noticed_before_many_users_are_harmed(
    users: int, mode: str, ready: str, good: bool
) -> None:
    """By its page, by its readiness, or because it does not answer."""
    found = verdict(NOTICED, _harmed(users, mode, ready))
    assert (found.validity is Validity.VALID) is good
    assert good or "was the 11th to be harmed" in what(found)


def test_a_mistake_of_the_borrower_is_no_trouble() -> None:
    """Nobody is to notice it."""
    story = _harmed(1, "FULL", "yes")
    for n in range(20):
        story.fails(6.0, "repay", f"w{n}", "invalid_amount", 422)
    assert verdict(NOTICED, story).validity is Validity.VALID


def _counted(failed: float, t_s: float, breaker: str, story: Story | None = None) -> Story:
    """Calls of the risk engine, ten good ones a second and those that failed."""
    calls = {"risk": 10 * t_s + failed}
    return _counts(story or Story(), t_s, calls, {"risk": failed}, breaker)


def _counts(
    story: Story, t_s: float, calls: Mapping[str, float], failed: Mapping[str, float], breaker: str
) -> Story:
    """Calls and failures by breaker, and the state of that of the risk engine."""
    counts = {".calls by breaker": dict(calls), ".failed calls by breaker": dict(failed)}
    groups: dict[str, Any] = {
        **counts,
        "Calls to third parties, 1/s": {"risk": sum(calls.values())},
    }
    return _tells(story, t_s, **groups, Breakers={"risk": breaker})


@pytest.mark.parametrize(("failed", "good"), [(4.0, False), (5.0, True)])
def test_a_breaker_opens_after_so_many_failures(failed: float, good: bool) -> None:
    """Good calls in between begin the row anew: at most those since the last look count."""
    story = _counted(2.0, 2.0, "closed", _counted(0.0, 1.0, "closed"))
    story = _counted(2.0 + failed - 2.0, 3.0, "open", story)
    found = verdict(FIGURES, story, contract=TARGET.contract)
    assert (found.validity is Validity.VALID) is good
    assert good or "at most 4 calls in a row had failed, not 5" in what(found)


def test_who_asks_for_rest_is_left_alone_at_once() -> None:
    """A Retry-After opens a breaker without a row of failures."""
    rule = {"id": "http_error@1", "effect": "error", "args": {"retry_after_s": 5.0}}
    story = Story().nemesis(1.0, "look", "risk", kind="http_error", state={"rules": [rule]})
    story = _counted(0.0, 1.0, "closed", story)
    found = verdict(FIGURES, _counted(1.0, 2.0, "open", story), contract=TARGET.contract)
    assert found.validity is Validity.VALID


@pytest.mark.parametrize(("left", "good"), [(7_500_000.0, True), (8_000_000.0, False)])
def test_the_reserve_holds_what_the_ledgers_leave_of_it(left: float, good: bool) -> None:
    """One loan was paid out for which no funder has set money aside."""
    story = _counted(0.0, 1.0, "closed", Story().pays_out(0.5, "loan-1", amount_minor=500_000))
    story.settles(9.0).op(9.5, "figures", "service", value={"Reserve, minor units": {"left": left}})
    _tells(story, 9.6, **{"Calls to third parties, 1/s": {"payment_a": 1}})
    found = verdict(FIGURES, story, contract=TARGET.contract)
    assert (found.validity is Validity.VALID) is good
    assert good or "by the ledgers it holds 7,500,000" in what(found)


def test_a_design_without_a_reserve_has_none_to_tell_of() -> None:
    """It says 0 from the beginning."""
    story = _counted(0.0, 1.0, "closed").settles(9.0)
    story.op(9.5, "figures", "service", value={"Reserve, minor units": {"left": 0.0}})
    assert verdict(FIGURES, story, contract=TARGET.contract).validity is Validity.VALID
