"""Readers are led to a standby that may not have it yet."""

from __future__ import annotations

from harness.self_test.defects import Defect

DEFECT = Defect(
    name="readers_led_to_the_standby",
    about="Whoever looks up what was just acknowledged is told that there is none.",
    expects=("acknowledged_is_readable",),
    design={"synchronous_commit": "local", "reads_from": "standby"},
)
