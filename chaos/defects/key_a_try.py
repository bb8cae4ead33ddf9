"""Each try has a request id of its own."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="key_a_try",
    about="The request id names the try and not the payout, so a retry is a second payout.",
    expects=("no_double_payout",),
    design={"payout_key": "attempt"},
)
