"""Nobody steps in for the first funder."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="one_funder_only",
    about="While the first funder is down nobody is paid out, although two others are there.",
    expects=("funders_step_in",),
    design={"funding": "single"},
)
