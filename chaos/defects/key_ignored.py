"""Idempotency keys are taken and ignored."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="key_ignored",
    about="A request that is sent again under its key is a new request.",
    expects=("same_key_same_result", "debits_match_repayments"),
    design={"idempotency": "ignore"},
)
