"""Commits that do not wait for the standby."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="asynchronous_called_safe",
    about="What is acknowledged is on one machine alone, and goes with it.",
    expects=("acknowledged_is_kept",),
    design={"synchronous_commit": "local"},
)
