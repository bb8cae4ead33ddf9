"""A commit that waits too long for the standby is cancelled, and shown."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="commit_wait_cancelled",
    about="Who reads sees a commit that one machine alone has; a promotion loses it.",
    expects=("terminal_states_immutable",),
    design={"commit_wait": "cancel"},
)
