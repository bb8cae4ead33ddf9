"""E3 on hand-written histories."""

from __future__ import annotations

from chaos.invariants.evidence_complete import INVARIANT
from harness.model import Objectives, Validity
from harness.system import System
from tests.unit.invariants.build import SYSTEM, Story, verdict


def _story() -> Story:
    return Story().submits(1.0, "k1", "app-1").settles(30.0).reads("app-1", "active", "loan-1")


def test_everything_there_is_valid() -> None:
    """Six ledgers, completed operations, a final read."""
    found = verdict(INVARIANT, _story().ledgers_read())
    assert (found.validity, found.examined) == (Validity.VALID, 2)


def test_each_missing_ledger_is_unknown_and_named() -> None:
    """Any of the six."""
    for name in SYSTEM.ledgers:
        others = [one for one in SYSTEM.ledgers if one != name]
        found = verdict(INVARIANT, _story().ledgers_read(*others))
        assert (found.validity, found.why) == (Validity.UNKNOWN, f"ledger not read: {name}")


def test_an_operation_that_never_completed_is_unknown_unless_it_was_drained() -> None:
    """Within the drain it may stay open; long before the end it may not."""
    drained = _story().ledgers_read().op(28.0, "submit", "k2", took_s=None)
    assert verdict(INVARIANT, drained).validity is Validity.VALID
    assert verdict(INVARIANT, drained, contract={"drain_s": 1.0}).validity is Validity.UNKNOWN
    lost = _story().ledgers_read().op(5.0, "submit", "k2", took_s=None)
    assert "1 operations never completed" in verdict(INVARIANT, lost).why


def test_no_final_read_is_unknown() -> None:
    """Neither none at all nor one that failed."""
    story = Story().submits(1.0, "k1", "app-1").ledgers_read().settles(30.0)
    assert "nothing was read after" in verdict(INVARIANT, story).why
    story.fails(31.0, "application", "app-1", "timeout")
    assert "nothing was read after" in verdict(INVARIANT, story).why


def test_a_history_that_was_cut_off_is_unknown() -> None:
    """Its end line was missing or wrong."""
    history = _story().ledgers_read().history(complete=False)
    found = INVARIANT.check(history, Objectives())
    assert (found.validity, "cut off" in found.why) == (Validity.UNKNOWN, True)


def test_all_that_is_missing_is_named_at_once() -> None:
    """Nothing was collected and nothing read, though something was promised; never invalid."""
    found = verdict(INVARIANT, Story().submits(1.0, "k1", "app-1").settles(30.0))
    assert found.validity is Validity.UNKNOWN
    assert "ledger not read: payment_a, payment_b, risk" in found.why
    assert "nothing was read" in found.why


def test_a_target_without_ledgers_and_last_reads_lacks_neither() -> None:
    """What somebody else's service does not have is not demanded of it."""
    bare = System(entry="borrower->front", service="front")
    story = Story().op(1.0, "order", "k1").settles(30.0)
    assert verdict(INVARIANT, story, system=bare).validity is Validity.VALID
    own = System(roles={"bank": ("bank_x",)}, ledgers=("bank_x",))
    assert verdict(INVARIANT, story, system=own).why == "ledger not read: bank_x"
