"""A mode ends with the breaker that it began with."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="modes_end_at_once",
    about="What flaps makes the status page flap: each mode ends the moment a breaker is closed.",
    expects=("modes_do_not_flap",),
    design={"mode_exit_s": 0.001},
    first="x20_risk_engine_down",
)
