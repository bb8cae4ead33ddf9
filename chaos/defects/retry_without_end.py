"""Retries know no end."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="retry_without_end",
    about="A call that fails is tried ten times: neither a budget nor a breaker says stop.",
    expects=("calls_within_budget",),
    design={"retry_budget_ratio": None, "tries_max": 10, "breaker": None},
)
