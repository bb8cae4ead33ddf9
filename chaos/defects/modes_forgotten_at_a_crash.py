"""Which modes were declared is known until the process ends."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="modes_forgotten_at_a_crash",
    about="Changes of modes are kept in memory alone.",
    expects=("mode_changes_are_kept",),
    design={"mode_trail": "memory"},
    first="x53_relay_killed",
)
