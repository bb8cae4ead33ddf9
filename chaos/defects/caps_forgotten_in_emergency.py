"""Caps are for good days."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="caps_forgotten_in_emergency",
    about="While other funders are away the one that is left funds everything.",
    expects=("lending_stays_spread",),
    design={"spread": None},
    first="x40_all_at_one_funder",
)
