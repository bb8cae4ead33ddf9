"""Silence is taken for a failure."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="unknown_is_failed",
    about="A payout without a reply counts as failed, and another gateway pays it again.",
    expects=("no_double_payout",),
    design={"unknown_payment": "fail"},
)
