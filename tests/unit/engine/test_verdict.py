"""One verdict from all evidence: unsafe over fail over inconclusive over pass."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from harness.model import FaultReport, HypothesisResult, RunVerdict, Validity, Verdict
from harness.verdict import Findings, decide

PROBE = {
    "name": "acks", "n": 90, "value": 1.0, "shown": "1", "met": True, "tolerance": ">= 0.99"
}  # fmt: skip
SLOW = {
    "name": "p99", "n": 90, "value": 2.0, "shown": "2000ms", "met": False, "tolerance": "< 800ms",
    "window": "down at a->b, 6..9 s",
}  # fmt: skip
FAULT = FaultReport("down", "a->b", True, True, 6.0, 9.0, {"calls_failed": 3})
HELD = Verdict("no_double_payout", Validity.VALID, "claim", 12, ids=("M1",))
BROKEN = structs.replace(
    HELD, validity=Validity.INVALID, first_bad={"what": "paid twice", "t_s": 7.0}
)
GOOD = Findings(
    hypothesis=(
        HypothesisResult("before", True, (PROBE,)),
        HypothesisResult("after", True, (PROBE,)),
    ),
    verdicts=(HELD,),
    thresholds=(),
    faults=(FAULT,),
    faults_planned=1,
    load={"asked": 100, "delivered": 100, "late": 0},
)
LEFT = {"t_s": 6.5, "what": "lending ended unasked", "finding": True}
KILLED = {"t_s": 6.5, "what": "database ended unasked", "finding": False}
MISSED = {**PROBE, "value": 0.5, "shown": "0.5", "met": False}


def test_everything_shown_is_a_pass() -> None:
    """Steady before and after, fault proven, invariants hold, load delivered."""
    assert decide(GOOD)[0] is RunVerdict.PASS


@pytest.mark.parametrize(
    ("changes", "expected", "reason"),
    [
        ({"verdicts": (BROKEN,)}, RunVerdict.FAIL, "M1 no_double_payout: paid twice"),
        (
            {"faults": (replace(FAULT, proven=False),)},
            RunVerdict.INCONCLUSIVE,
            "no provable effect",
        ),
        ({"faults": ()}, RunVerdict.INCONCLUSIVE, "never injected"),
        ({"faults": (replace(FAULT, worse="a canary gets refused"),)}, RunVerdict.FAIL, "refused"),
        ({"faults": (replace(FAULT, unready="refused"),)}, RunVerdict.INCONCLUSIVE, "refused"),
        ({"exits": (LEFT,)}, RunVerdict.FAIL, "lending ended"),
        ({"exits": (KILLED,)}, RunVerdict.INCONCLUSIVE, "database ended"),
        ({"exits": (KILLED,), "verdicts": (BROKEN,)}, RunVerdict.INCONCLUSIVE, "database ended"),
        (
            {"exits": ({**KILLED, "t_s": 8.0, "alive_s": 6.9},), "verdicts": (BROKEN,)},
            RunVerdict.INCONCLUSIVE,
            "database ended",
        ),
        (
            {"exits": ({**KILLED, "t_s": 8.0},), "verdicts": (BROKEN,)},
            RunVerdict.FAIL,
            "paid twice",
        ),
        (
            {"load": {"asked": 100, "delivered": 50, "late": 0}},
            RunVerdict.INCONCLUSIVE,
            "50 of 100",
        ),
        ({"load": {"asked": 100, "delivered": 99, "late": 9}}, RunVerdict.INCONCLUSIVE, "9 of 100"),
        ({"load": {}}, RunVerdict.INCONCLUSIVE, "load not delivered"),
        ({"load": {"killed": "too slow"}}, RunVerdict.INCONCLUSIVE, "not delivered: too slow"),
        (
            {"unasked": ("debit of rep-7",), "verdicts": (BROKEN,)},
            RunVerdict.INCONCLUSIVE,
            "no operation asked for debit of rep-7",
        ),
        ({"aborted": "abort-when x > 1"}, RunVerdict.INCONCLUSIVE, "stopped early: abort-when x"),
        ({"unhealed": ("down at a->b may be active",)}, RunVerdict.UNSAFE, "may be active"),
        (
            {"verdicts": (structs.replace(HELD, validity=Validity.UNKNOWN, why="no ledger"),)},
            RunVerdict.INCONCLUSIVE,
            "is unknown: no ledger",
        ),
        (
            {"hypothesis": (HypothesisResult("before", False, (MISSED,)),)},
            RunVerdict.INCONCLUSIVE,
            "no steady state: acks was 0.5 before the fault",
        ),
        (
            {"hypothesis": (GOOD.hypothesis[0], HypothesisResult("after", False, (MISSED,)))},
            RunVerdict.FAIL,
            "acks was 0.5 after recovery",
        ),
        (
            {"thresholds": (SLOW,)},
            RunVerdict.FAIL,
            "threshold p99 was 2000ms during down at a->b, 6..9 s, allowed < 800ms",
        ),
        (
            {"thresholds": ({**SLOW, "value": None, "why": "3 good of 40 operations, 20 needed"},)},
            RunVerdict.INCONCLUSIVE,
            "threshold p99 is unknown: 3 good of 40 operations, 20 needed during down at a->b",
        ),
    ],
)
def test_what_is_missing_or_broken_decides(
    changes: dict[str, object], expected: RunVerdict, reason: str
) -> None:
    """Each kind of evidence alone turns a pass into what it must be, and says why."""
    verdict, reasons = decide(replace(GOOD, **changes))  # type: ignore[arg-type]  # by table
    assert verdict is expected
    assert reason in "\n".join(reasons)


def test_a_broken_invariant_stays_a_finding_where_other_evidence_is_missing() -> None:
    """Money paid twice is a failure, whatever else could not be shown."""
    found = replace(GOOD, verdicts=(BROKEN,), faults=(), aborted="the load ended")
    verdict, reasons = decide(found)
    assert verdict is RunVerdict.FAIL
    assert "paid twice" in reasons[0]
    assert reasons[1:] == ("stopped early: the load ended",), "what follows from a stop is no news"
