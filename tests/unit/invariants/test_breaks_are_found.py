"""M11 on hand-written histories: a funder's file that lies, and what the service shows of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chaos.invariants.breaks_are_found import INVARIANT
from chaos.targets._reference_gauges import BREAK_AGE, BREAKS, CALLS
from harness.model import Validity, Verdict
from harness.reporting import GAUGES
from tests.unit.invariants.build import Story, verdict, what

CONTRACT = {"files": {"period_s": 5.0, "late_after_s": 3.0, "found_within_s": 3.0}}
AHEAD_S = 10.0  # of the services' clock: the file of its period 2 is there at 5 s
DIFFERS = "funding_a: amount_differs"
ALL_CALLS = {"op": "file", "share": 1.0, "first": 1, "last": None}
AMOUNT = {"form": "amount", "every": 3, "totals": "fitting"}
Shown = Callable[[float], dict[str, float]]


def _verdict(story: Story) -> Verdict:
    return verdict(INVARIANT, story.ledgers_read(), contract=CONTRACT)


def _story(
    shown: Shown,
    *,
    kind: str = "file_spoiled",
    effect: str = "file_spoiled",
    args: dict[str, Any] = AMOUNT,
    age_s: Shown = lambda t_s: {"funding_a": max(0.0, t_s - 6.0)},
    share: float = 1.0,
) -> Story:
    """Four commits in a period; from 4 s to 16 s its file is wrong; figures every second."""
    story = Story()
    for n in range(4):
        _commits(story, n + 0.5)
    story.nemesis(4.0, "inject", "funding_a", kind=kind)
    rule = {**ALL_CALLS, "id": f"{kind}@4", "effect": effect, "args": args, "share": share}
    look = {"when": "active", "state": {"rules": [rule]}}
    story.event(6.0, p="nemesis", type="ok", f=kind, k="funding_a", v=look, src="nemesis")
    story.nemesis(16.0, "heal", "funding_a", kind=kind, proven_undone=True)
    for t_s in range(1, 25):
        told = {CALLS: {"funding_a": 4.0}, BREAKS: shown(t_s), BREAK_AGE: age_s(t_s)}
        told = {group: its for group, its in told.items() if its}
        story.event(t_s, p="lending", type="info", f=GAUGES, k="", v=told, src="service")
    return story.settles(25.0)


def _commits(story: Story, t_s: float) -> Story:
    more = {"status": "COMMITTED", "t_s": t_s + AHEAD_S}
    return story.ledger(t_s, "funding_a", "commit", f"app-{t_s}", **more)


def _while_wrong(t_s: float) -> dict[str, float]:
    return {DIFFERS: 2.0} if 6 <= t_s <= 17 else {}


def test_wrong_lines_that_are_shown_for_as_long_as_they_are_wrong_are_found() -> None:
    """The first line and the fourth one; a while is allowed to find them and to see them mended."""
    found = _verdict(_story(_while_wrong))
    assert (found.validity, found.examined) == (Validity.VALID, 2), found.first_bad


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (lambda t_s: {}, "for period 2 came to 2 breaks (amount_differs), and the service showed"
                         " 0 of them at 8.00 s"),
        (lambda t_s: {DIFFERS: 1.0} if 6 <= t_s <= 17 else {}, "showed 1 of them"),
        (lambda t_s: _while_wrong(t_s) if t_s != 12 else {}, "showed 0 of them at 12.00 s"),
        (lambda t_s: {DIFFERS: 2.0}, "its files came to 0"),
        (lambda t_s: {**_while_wrong(t_s), "funding_b: doubled": 1.0}, "with funding_b (doubled)"),
        (lambda t_s: {"funding_a: doubled": 2.0}, "with funding_a (doubled)"),
    ],
)  # fmt: skip
def test_what_is_not_shown_or_shown_without_cause_is_invalid(shown: Shown, said: str) -> None:
    """All of them, all the time, by their kind, of nobody else and not afterwards."""
    assert said in what(_verdict(_story(shown)))


def test_a_break_that_is_told_to_be_younger_is_invalid() -> None:
    """It was there at 6 s; an age that begins anew with each look says nothing."""
    found = _verdict(_story(_while_wrong, age_s=lambda t_s: {"funding_a": 1.0}))
    assert "the service says 1.0 s" in what(found)


def test_a_file_that_is_not_whole_is_one_break_and_one_that_is_not_given_is_late() -> None:
    """Nothing of its lines; late from 3 s after its period on."""
    broken = {**AMOUNT, "totals": "kept"}
    as_lines = _verdict(_story(_while_wrong, args=broken))
    assert "2 breaks with funding_a (amount_differs)" in what(as_lines)

    def whole(t_s: float) -> dict[str, float]:
        return {"funding_a: not_whole": 1.0} if 6 <= t_s <= 17 else {}

    assert _verdict(_story(whole, args=broken)).validity is Validity.VALID

    def late(t_s: float) -> dict[str, float]:
        return {"funding_a: late": 1.0 + (t_s > 13)} if 8 <= t_s <= 17 else {}

    def refused(shown: Shown) -> Verdict:
        args = {"status": 404}
        return _verdict(_story(shown, kind="http_error", effect="error", args=args))

    assert refused(late).validity is Validity.VALID
    assert "(late)" in what(refused(lambda t_s: {}))


def test_without_a_rule_that_says_which_files_are_wrong_nothing_is_known() -> None:
    """Of a share of calls nobody knows which were told what; without figures nobody was shown."""
    assert _verdict(_story(lambda t_s: {}, share=0.5)).validity is Validity.UNKNOWN
    assert _verdict(_commits(Story(), 0.5)).validity is Validity.UNKNOWN
