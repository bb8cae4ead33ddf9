"""A failing plan becomes an experiment that can be validated and run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.document import load_experiment
from harness.explore.plans import Broken, CallPoint, Fault, Minimal
from harness.explore.to_experiment import Ask, Regression, regression
from harness.registry import load_vocabulary
from harness.yaml_source import load_yaml

PAYOUT, DEBIT = "POST /v1/payouts", "POST /v1/debits"
MADE = (
    CallPoint("borrower->lending#1", "POST /v1/applications", ()),
    CallPoint("lending->database#1", "write", ()),
    CallPoint("lending->payment_a#1", PAYOUT, ()),
    CallPoint("lending->payment_a#2", DEBIT, ()),
    CallPoint("lending->payment_a#3", DEBIT, ()),
)


def made(*words: str) -> Regression:
    """The experiment of a plan, `made("lending->payment_a#1 reply_lost")`."""
    plan = tuple(Fault(*word.split()) for word in words)
    broken = (Broken("no_double_payout", 'loan "l-1" was paid out 2 times', 1.0),)
    found = Minimal(plan, broken, ("",) * len(plan))
    target = load_vocabulary().target
    return regression(found, MADE, target, Ask({"consumer": 1}, "submit", ["no_double_payout"]))


def read(regression: Regression, folder: Path) -> tuple[Any, ...]:
    """Its steps, validated as `harness run` does; each fault has fields of its own."""
    file = folder / "explored.yaml"
    file.write_text(regression.text)
    return load_experiment(file, load_vocabulary()).steps


def test_a_call_to_a_stand_in_is_named_by_operation_and_number(tmp_path: Path) -> None:
    """The second debit is the first but one call of its operation, whatever came before."""
    (step,) = read(made("lending->payment_a#3 reply_lost"), tmp_path)
    fault = step.fault
    assert fault.kind == "reply_lost"
    assert (fault.service, fault.op, fault.first, fault.last) == (
        "payment_a",
        "create_debit",
        2,
        2,
    )


def test_calls_that_follow_one_another_are_one_step(tmp_path: Path) -> None:
    """Two retries that both fail are one rule for two calls."""
    regressed = made("lending->payment_a#2 request_lost", "lending->payment_a#3 request_lost")
    (step,) = read(regressed, tmp_path)
    assert (step.fault.first, step.fault.last) == (1, 2)


@pytest.mark.parametrize(
    ("words", "kind", "where"),
    [
        ("lending->payment_a#1 refused", "down", "lending->payment_a"),
        ("lending->payment_a#1 error_before", "http_error", "payment_a"),
        ("lending->payment_a#1 error_after", "error_after", "payment_a"),
        ("lending->payment_a#1 denied", "http_error", "payment_a"),
        ("lending->payment_a#1 busy", "http_error", "payment_a"),
        ("lending->payment_a#1 intercepted", "intercepted", "payment_a"),
        ("lending->payment_a#1 garbled", "garbled", "payment_a"),
        ("lending->payment_a#1 strange", "garbled", "payment_a"),
        ("lending->payment_a#1 late", "slow", "payment_a"),
        ("lending->payment_a#1 slow", "slow", "payment_a"),
        ("lending->database#1 refused", "down", "lending->database"),
        ("lending->database#1 reply_lost", "reset_peer", "lending->database"),
        ("lending->database#1 crash_after_write", "crash", "lending"),
        ("borrower->lending#1 reply_lost", "reset_peer", "borrower->lending"),
        ("borrower->lending#1 late", "latency", "borrower->lending"),
    ],
)
def test_each_mode_has_its_fault(words: str, kind: str, where: str, tmp_path: Path) -> None:
    """What was found in the simulation can be done to real parts."""
    (step,) = read(made(words), tmp_path)
    assert (step.fault.kind, step.fault.where) == (kind, where)


def test_two_harms_at_one_place_come_one_after_the_other(tmp_path: Path) -> None:
    """Faults that overlap at one place would undo one another; no document may hold them."""
    regressed = made("lending->payment_a#1 reply_lost", "lending->payment_a#2 error_before")
    first, second = read(regressed, tmp_path)
    assert second.at_s >= first.heal_at_s


def test_what_real_parts_cannot_do_is_named() -> None:
    """Nobody takes half a finding for the whole."""
    regressed = made("lending->payment_a#1 duplicate", "lending->risk#1 refused")
    assert regressed.left_out == (Fault("lending->payment_a#1", "duplicate"),)
    assert "lending->payment_a#1 duplicate" in regressed.text


def test_what_broke_is_told_whatever_it_is_written_with(tmp_path: Path) -> None:
    """Quotes, colons, lines and hashes of a finding are text, never YAML."""
    odd = "it said: \"{no}\" #1\n- 2: 'x'\n\ttab & *star"
    found = Minimal(
        (Fault("lending->payment_a#1", "refused"),), (Broken("no_double_payout", odd, 1.0),), ("",)
    )
    words = load_vocabulary()
    text = regression(
        found, MADE, words.target, Ask({"consumer": 1}, "submit", ["no_double_payout"])
    ).text
    file = tmp_path / "explored.yaml"
    file.write_text(text)
    load_experiment(file, words)
    assert load_yaml(file)["description"] == f"no_double_payout: {odd}"
