"""Everybody is taken in."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="taken_in_without_end",
    about="New applications are taken in however many wait; each waits longer than the last.",
    expects=("sheds_in_order", "every_application_answered"),
    design={"shed": None},
    first="x94_more_than_can_be_done",
)
