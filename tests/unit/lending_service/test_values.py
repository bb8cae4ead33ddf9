"""The pure parts: states, designs, stand-in decisions, routing, schedules."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from chaos.targets.two_regions_patroni import LEFT_OUT
from lending_service.app import misfits
from lending_service.book import book
from lending_service.design import Design, DesignError
from lending_service.domain import (
    APPLICATION_MOVES,
    TERMINAL,
    Application,
    AppState,
    Borrower,
    Exposure,
    IllegalTransition,
    Loan,
    Repayment,
    activate,
    advance,
    credit,
    instalments,
    move_repayment,
)
from lending_service.fallback_decision import DAY_S, decide, expose
from lending_service.funding_order import funder_order
from tests.unit.lending_service.world import UPSTREAMS, design

APP = Application(
    id="app-1",
    borrower="b",
    segment="sme",
    region="north",
    amount_minor=100,
    term_months=1,
    state=AppState.ACKNOWLEDGED,
    created_s=0.0,
    updated_s=0.0,
)
LOAN = next(record for record in book(1, 0.0) if isinstance(record, Loan))


def test_every_move_outside_of_the_table_is_refused() -> None:
    """All pairs of states: legal ones move, all others raise."""
    for old in AppState:
        for new in AppState:
            app = replace(APP, state=old)
            if new in APPLICATION_MOVES[old]:
                assert advance(app, new, 5.0).state == new
                continue
            with pytest.raises(IllegalTransition, match=f"{old.value} -> {new.value} is not legal"):
                advance(app, new, 5.0)


def test_terminal_states_are_immutable() -> None:
    """M7: nothing leaves them."""
    assert [APPLICATION_MOVES[state] for state in TERMINAL] == [()] * 4


def test_every_state_can_come_to_an_end() -> None:
    """No application is caught for ever."""
    for state in AppState:
        reached = [state]
        for seen in reached:
            reached += [move for move in APPLICATION_MOVES[seen] if move not in reached]
        assert any(end in TERMINAL for end in reached), state


def test_credit_fills_the_oldest_due_item_first_and_settles() -> None:
    """Cents are neither lost nor made."""
    loan = credit(replace(LOAN, promised_minor=600_000), 250_000)
    assert [item.paid_minor for item in loan.schedule] == [200_000, 50_000, 0]
    assert (loan.outstanding_minor, loan.status) == (350_000, "active")
    loan = credit(loan, 350_000)
    assert (loan.outstanding_minor, loan.promised_minor, loan.status) == (0, 0, "settled")
    with pytest.raises(IllegalTransition, match="credit of 1"):
        credit(loan, 1)
    with pytest.raises(IllegalTransition, match="settled -> active"):
        activate(loan)


def test_instalments_sum_to_the_principal() -> None:
    """The remainder falls on the last item."""
    assert [item.amount_minor for item in instalments(1000, 3, 0.0)] == [333, 333, 334]


def test_credited_repayment_stays_credited() -> None:
    """M7 for repayments."""
    repayment = Repayment(
        id="r", loan_id="l", borrower="b", amount_minor=1, status="credited", effective_at_s=0.0
    )
    with pytest.raises(IllegalTransition, match="credited -> failed"):
        move_repayment(repayment, "failed")


def test_shipped_designs_are_usable() -> None:
    """The two documents load, and differ where it counts."""
    naive, hardened = design("naive"), design("hardened")
    assert (naive.payout_key, hardened.payout_key) == ("attempt", "loan")


def test_bad_design_lists_every_problem_with_what_is_allowed() -> None:
    """One message, all mistakes."""
    mapping: dict[str, Any] = msgspec.to_builtins(design("hardened"))
    mapping |= {"submit": "later", "tries_max": 0, "colour": "red", "upstream_timeout_s": "1s"}
    mapping["breaker"] = {"failures": -1, "open_s": 2.0, "probe": 1}
    del mapping["errors"]
    with pytest.raises(DesignError) as caught:
        Design.from_mapping(mapping)
    text = str(caught.value)
    for part in (
        "submit: got 'later', need queue | sync",
        "tries_max: got 0, need int >= 1 and <= 10",
        "colour: unknown, allowed: name, description",
        "upstream_timeout_s: got '1s', need float > 0 and <= 86400",
        "breaker.failures: got -1, need int >= 1",
        "breaker.probe: unknown, allowed: failures, open_s, probes",
        "breaker.probes: missing",
        "errors: missing, need explained | bare",
    ):
        assert part in text


def test_failover_by_patroni_needs_to_know_how_it_decides() -> None:
    """Whether commits wait is nothing to be guessed."""
    mapping = {**msgspec.to_builtins(design("hardened")), "failover": "patroni"}
    with pytest.raises(DesignError, match="need synchronous_mode because failover is patroni"):
        Design.from_mapping(mapping)
    chosen = Design.from_mapping({**mapping, "patroni": {"synchronous_mode": "strict"}})
    assert chosen.patroni is not None
    left_out = {"ttl_s": chosen.patroni.ttl_s}
    left_out["maximum_lag_on_failover"] = chosen.patroni.maximum_lag_on_failover
    assert left_out == LEFT_OUT


def test_how_far_behind_a_standby_may_be_is_said_where_commits_do_not_wait_for_it() -> None:
    """It is how much may be lost."""
    mapping = {**msgspec.to_builtins(design("hardened")), "failover": "patroni"}
    rule: dict[str, object] = {"synchronous_mode": "off"}
    with pytest.raises(DesignError, match="maximum_lag_on_failover: missing, need bytes"):
        Design.from_mapping({**mapping, "patroni": rule})
    chosen = Design.from_mapping({**mapping, "patroni": {**rule, "maximum_lag_on_failover": 0}})
    assert chosen.patroni is not None


def test_stand_in_needs_caps() -> None:
    """Decisions without caps are not a design."""
    mapping = {**msgspec.to_builtins(design("hardened")), "stand_in": None}
    with pytest.raises(DesignError, match="need caps because risk_down is stand_in"):
        Design.from_mapping(mapping)


@pytest.mark.parametrize(
    ("reason", "borrower", "amount_minor", "user", "everybody"),
    [
        ("inside_caps", {}, 1_000_000, {}, {}),
        ("new_customer", {"existing": False}, 1, {}, {}),
        ("new_customer", {"score": None}, 1, {}, {}),
        ("score_low", {"score": 599}, 1, {}, {}),
        ("score_old", {"score_as_of_s": -30.1 * DAY_S}, 1, {}, {}),
        ("amount_cap", {}, 1_000_001, {}, {}),
        ("user_count_cap", {}, 1, {"count": 1}, {}),
        ("user_amount_cap", {}, 2, {"amount_minor": 999_999}, {}),
        ("global_count_cap", {}, 1, {}, {"count": 40}),
        ("global_amount_cap", {}, 2, {}, {"amount_minor": 19_999_999}),
    ],
)
def test_stand_in_stays_inside_every_cap(
    reason: str,
    borrower: dict[str, Any],
    amount_minor: int,
    user: dict[str, Any],
    everybody: dict[str, Any],
) -> None:
    """M6: each cap alone is enough to say no."""
    caps = design("hardened").stand_in
    assert caps is not None
    known = replace(Borrower(id="b", existing=True, score=720), **borrower)
    verdict = decide(
        caps,
        known,
        amount_minor,
        Exposure(id="user/b", **user),
        Exposure(id="global", **everybody),
        0.0,
    )
    assert (verdict.approve, verdict.reason) == (reason == "inside_caps", reason)


def test_exposure_grows_with_each_decision() -> None:
    """What the next decision is measured against."""
    assert expose(Exposure(id="x"), 5) == Exposure(id="x", count=1, amount_minor=5)


def test_router_is_sticky_and_spreads() -> None:
    """The same application asks in the same order; applications together use all funders."""
    funders = ("a", "b", "c")
    orders = [funder_order(funders, f"app-{n}", "route") for n in range(300)]
    assert orders == [funder_order(funders, f"app-{n}", "route") for n in range(300)]
    firsts = [order[0] for order in orders]
    assert all(firsts.count(funder) > 60 for funder in funders)
    assert funder_order(funders, "app-1", "single") == ("a",)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"risk": "oracle"}, "upstreams.risk: got kind 'oracle'; allowed: payment_gateway"),
        ({"risk": "payment_gateway"}, "upstreams: risk_engine [], need 1..1"),
        ({"other": "risk_engine"}, "upstreams: risk_engine ['risk', 'other'], need 1..1"),
    ],
)
def test_third_parties_are_told_apart_by_what_they_are(change: Any, problem: str) -> None:
    """A kind that is unknown, missing, or there too often; a name says nothing."""
    assert misfits(UPSTREAMS) == []
    assert problem in "; ".join(misfits({**UPSTREAMS, **change}))
