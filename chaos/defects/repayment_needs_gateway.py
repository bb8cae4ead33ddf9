"""Repayments are collected inside of the request."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="repayment_needs_gateway",
    about="A repayment is collected inside of its request, and lost while no gateway answers.",
    expects=("repayment_never_blocked", "repayments_end"),
    design={"repay": "sync"},
)
