"""The borrower waits for every third party."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="work_in_the_request",
    about="An application is decided and paid inside of its request, or lost with it.",
    expects=("acknowledged_in_time", "active_means_paid", "only_declared_degrades"),
    design={"submit": "sync"},
)
