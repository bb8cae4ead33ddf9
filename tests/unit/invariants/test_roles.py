"""Roles come from the target: names mean nothing, and an empty role proves nothing."""

from __future__ import annotations

import importlib
from dataclasses import replace

import pytest

from chaos.invariants._finding import Invariant
from chaos.invariants.no_double_payout import INVARIANT as M1
from chaos.targets.reference import STAND_INS, Reference
from harness.model import Validity
from harness.reporting import GAUGES
from harness.system import System
from harness.target import system_of
from tests.unit.invariants.build import SYSTEM, Story, verdict, what
from tests.unit.invariants.test_catalogue import NAMES

INVARIANTS: dict[str, Invariant] = {
    name: importlib.import_module(f"chaos.invariants.{name}").INVARIANT for name in NAMES
}
OF_MONEY = [name for name, one in INVARIANTS.items() if any(i.startswith("M") for i in one.ids)]
WIDER = system_of(Reference({**STAND_INS, "payment_c": "payment_gateway"}))


def _story(gateway: str = "payment_a") -> Story:
    """A loan, from application to repayment: every invariant of money has something to look at."""
    story = Story().submits(1.0, "k1", "app-1").scores(1.1, "app-1").reserves(1.2, "app-1")
    story.submits(1.3, "k1", "app-1")
    story.pays_out(1.5, "loan-1", gateway).repays(3.0, "k2", "rep-1")
    story.ledger(1.6, "funding_a", "commit", "app-1", status="COMMITTED", t_s=1.6)
    story.looks(2.0, "app-1", "active", loan_id="loan-1").debits(3.5, "rep-1", gateway)
    story.settles(30.0).reads("app-1", "active", "loan-1").reads_repayment("rep-1", "credited")
    schedule = [{"amount_minor": 500_000, "paid_minor": 200_000}]
    loan = {"principal_minor": 500_000, "outstanding_minor": 300_000, "schedule": schedule}
    story.op(31.0, "read_loan", "loan-b-0001", value={"loan_id": "loan-b-0001", **loan})
    return story.op(31.5, "repayment", "rep-1", value={
        "repayment_id": "rep-1", "loan_id": "loan-b-0001", "amount_minor": 200_000,
        "status": "credited",
    })  # fmt: skip


QUOTAS = {f"funding_{one}": 2_000_000 for one in "abc"}


@pytest.mark.parametrize("name", OF_MONEY)
def test_money_that_a_service_without_a_role_pays_is_never_valid(name: str) -> None:
    """Who knows what else it paid: by a name of its own, or in a role that is not the gateways'."""
    invariant, contract = INVARIANTS[name], {"funding_quota_minor": QUOTAS}
    good = verdict(invariant, _story().ledgers_read(), contract=contract)
    assert good.validity is not Validity.INVALID, good.first_bad
    for stranger in ("payment_x", "risk"):
        story = _story().pays_out(5.0, "loan-9", by=stranger).ledgers_read()
        found = verdict(invariant, story, contract=contract)
        assert found.validity is not Validity.VALID, stranger
        if good.validity is Validity.VALID:
            assert f"payout by {stranger}" in found.why


def _with_a_file_that_lies(story: Story) -> Story:
    """And a service that shows it: without one, nothing is known of breaks."""
    args = {"form": "amount", "every": 1, "totals": "fitting"}
    rule = {"id": "file_spoiled", "effect": "file_spoiled", "op": "file", "args": args}
    look = {"when": "active", "state": {"rules": [{**rule, "share": 1, "first": 1, "last": None}]}}
    story.breaks(2.0, 20.0, "funding_a", "file_spoiled")
    story.event(3.0, p="nemesis", type="ok", f="file_spoiled", k="funding_a", v=look, src="nemesis")
    shown = {"Breaks with files, open": {"funding_a: amount_differs": 1.0}}
    told = {
        "Calls to third parties, 1/s": {"funding_a": 1.0},
        "Oldest break, s": {"funding_a": 4.0},
    }
    v = {**shown, **told}
    return story.event(9.0, p="lending", type="info", f=GAUGES, k="", v=v, src="service")


def test_most_invariants_of_money_were_valid_before_the_stranger_paid() -> None:
    """Or the test above would show nothing."""
    contract = {
        "funding_quota_minor": QUOTAS,
        "spread": {"from_minor": 10_000_000},
        "quota_warning": {"from": 0.2},
        "files": {"period_s": 5.0, "late_after_s": 3.0, "found_within_s": 3.0},
    }
    low = {"Quota low": {"funding_a": "yes"}}
    story = (
        _with_a_file_that_lies(_story())
        .ledgers_read()
        .event(2.0, p="lending", type="info", f=GAUGES, k="", v=low, src="service")
    )
    valid = [
        name
        for name in OF_MONEY
        if verdict(INVARIANTS[name], story, contract=contract).validity is Validity.VALID
    ]
    assert len(valid) >= len(OF_MONEY) - 1, set(OF_MONEY) - set(valid)


def test_any_entry_with_an_amount_of_a_service_that_is_no_part_of_the_target_counts() -> None:
    """Also a kind of entry that nobody has heard of."""
    story = _story().ledger(4.0, "bank", "transfer", "loan-1").ledgers_read()
    assert verdict(M1, story).why.endswith("transfer by bank")


@pytest.mark.parametrize("name", [name for name, one in INVARIANTS.items() if one.roles])
def test_nobody_in_a_role_is_unknown_and_says_which(name: str) -> None:
    """Never valid, not even on a history with everything in it."""
    invariant = INVARIANTS[name]
    for role in invariant.roles:
        roles = {kind: names for kind, names in SYSTEM.roles.items() if kind != role}
        system = replace(SYSTEM, roles=roles)
        found = verdict(invariant, _story().ledgers_read(), system=system)
        assert (found.validity, found.claim) == (Validity.UNKNOWN, invariant.claim)
        assert found.why == f"the target has no {role}"
    assert verdict(invariant, _story(), system=System()).validity is Validity.UNKNOWN


def test_a_third_gateway_is_one_more_name_in_the_target() -> None:
    """Two payouts of one loan at the first and at the third are two payouts."""
    story = Story().pays_out(1.0, "loan-1").pays_out(2.0, "loan-1", "payment_c")
    found = verdict(M1, story.ledgers_read(*WIDER.ledgers), system=WIDER)
    assert "paid out 2 times" in what(found)
    alone = Story().pays_out(1.0, "loan-1", "payment_c").ledgers_read(*WIDER.ledgers)
    assert verdict(M1, alone, system=WIDER).validity is Validity.VALID
    unread = Story().pays_out(1.0, "loan-1").ledgers_read()
    assert verdict(M1, unread, system=WIDER).why == "ledger not read: payment_c"


@pytest.mark.parametrize("name", NAMES)
def test_a_renamed_gateway_changes_no_verdict(name: str) -> None:
    """In the history and in the target, and nothing else is different."""
    bank = {"bank one" if old == "payment_a" else old: kind for old, kind in STAND_INS.items()}
    renamed = system_of(Reference(bank))
    contract = {"funding_quota_minor": QUOTAS}
    before = _story().breaks(5.0, 9.0, "lending->payment_a").ledgers_read()
    after = _story("bank one").breaks(5.0, 9.0, "lending->bank one")
    after.ledgers_read(*renamed.ledgers)
    one = verdict(INVARIANTS[name], before, contract=contract)
    other = verdict(INVARIANTS[name], after, contract=contract, system=renamed)
    assert (one.validity, one.examined) == (other.validity, other.examined)
    assert one.why.replace("payment_a", "bank one") == other.why
