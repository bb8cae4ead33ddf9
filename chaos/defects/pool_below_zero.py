"""The lender's own reserve is drawn on without end."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="pool_below_zero",
    about="While no funder can be reached the reserve pays for everything, also below zero.",
    expects=("reserve_pool_holds",),
    design={"pool": {"size_minor": 10**13, "draw_minor_max": 10**13, "after_s": 1.0}},
)
