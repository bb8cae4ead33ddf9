"""Nothing stops calls to what is known to be broken."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="breaker_never_opens",
    about="Calls go on to a third party that fails every one of them.",
    expects=("calls_within_budget", "only_declared_degrades"),
    design={"breaker": None},
)
