"""A ledger outlives its stand-in: no false alarm, and no double payout that is forgotten."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from harness.model import RunResult, RunVerdict, Validity
from harness.prepare import RunRequest, prepare
from harness.rng import Seed
from harness.session import run
from mock_services import simulated
from mock_services.journal import MemoryJournal

DOCUMENT = """
title: A stand-in ends and comes back
load: {{arrivals: 8/s, journeys: {{consumer: 6, sme: 2, repayer: 4}}}}
steady-state-hypothesis:
  title: Borrowers are served
  probes:
    - {{name: acknowledged, measure: served_ratio, of: submit, tolerance: ">= 0.99"}}
method:
  - {{at: 5s, for: 3s, fault: timeout, link: lending->payment_a, stream: downstream}}
  - {{at: 9s, for: 1s, fault: {fault}, service: {service}}}
recovery: 14s
objectives: {{recovery: 5s}}
invariants: [no_double_payout, active_means_paid, debits_match_repayments, funding_within_quota]
blast-radius: {{links: [lending->payment_a], services: [{service}]}}
"""


def _judged(tmp_path: Path, fault: str, service: str, design: str) -> RunResult:
    file = tmp_path / "restarted.yaml"
    file.write_text(DOCUMENT.format(fault=fault, service=service))
    order = RunRequest(str(file), design, "sim", Seed(1), tmp_path / "runs")
    return run(prepare(order), lambda text: None)


@pytest.mark.parametrize("fault", ["crash", "restart", "stop"])
@pytest.mark.parametrize("service", ["payment_a", "risk", "funding_a"])
def test_hardened_passes_whatever_stand_in_ends(fault: str, service: str, tmp_path: Path) -> None:
    """Whatever was done before the end is still in the ledger after it."""
    result = _judged(tmp_path, fault, service, "hardened")
    assert result.verdict is RunVerdict.PASS, result.reasons


def test_double_payout_before_a_crash_is_still_seen(tmp_path: Path) -> None:
    """The naive design pays twice, then the gateway's process ends."""
    result = _judged(tmp_path, "crash", "payment_a", "naive")
    broken = [one.checker for one in result.verdicts if one.validity is Validity.INVALID]
    assert "no_double_payout" in broken


def test_ledger_that_is_lost_all_the_same_gives_no_verdict(tmp_path: Path) -> None:
    """A stand-in that keeps its journal in memory begins anew: unknown, neither pass nor fail."""
    with patch.object(simulated, "MemoryJournal", lambda kept: MemoryJournal()):
        result = _judged(tmp_path, "crash", "payment_a", "hardened")
    assert result.verdict is RunVerdict.INCONCLUSIVE, result.reasons
    assert any("ledger of payment_a" in reason for reason in result.reasons), result.reasons
