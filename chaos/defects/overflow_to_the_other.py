"""Who has no room is called as before, and so is its twin."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="overflow_to_the_other",
    about="What one gateway has no room for goes to the other one at once, and neither is spared.",
    expects=("fallback_spares_what_is_shared",),
    design={"not_taken_statuses": [429], "breaker": None},
    first="x97_one_allowance_of_two",
)
