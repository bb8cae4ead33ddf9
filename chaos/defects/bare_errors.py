"""Refusals say nothing."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="bare_errors",
    about="A refusal gives neither reason nor next step.",
    expects=("no_unexplained_failure",),
    design={"errors": "bare"},
)
