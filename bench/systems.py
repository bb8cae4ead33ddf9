"""What is run while it is attacked: the reference system, or one that is up in two seconds."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from bench.kills import FIRST, SECOND, TEMPLATE

SMALL_TARGET = Path(__file__).with_name("small_target.py")
SMALL = """\
title: A small run to be attacked
target: {target}
load: {{arrivals: 60/s, journeys: {{asks: 1}}}}
steady-state-hypothesis:
  title: served
  probes: [{{name: work, measure: served_ratio, of: work, tolerance: ">= 0.9"}}]
method:
  - {{at: 1s, for: 4s, {first}}}
  - {{at: 1200ms, for: 3s, {second}}}
recovery: 2s
objectives: {{recovery: 1s, answer: 3s}}
invariants: [evidence_complete]
blast-radius: {{links: ["front->back"], services: [back]}}
"""


@dataclass(frozen=True)
class System:
    """One of them.

    Args:
        firsts, seconds: faults, of which one each is drawn.
        fault_s: from the first active fault to the attack, s: while both are active.
        stand_in: a stand-in that no fault of it hits.
        runtime: where it runs.
    """

    template: str
    firsts: tuple[str, ...]
    seconds: tuple[str, ...]
    fault_s: tuple[float, float]
    stand_in: str = "payment_b"
    runtime: str = "process"

    def document(self, dice: random.Random) -> str:
        """An experiment with two faults."""
        first, second = dice.choice(self.firsts), dice.choice(self.seconds)
        return self.template.format(first=first, second=second, target=SMALL_TARGET)


SYSTEMS = {
    "process": System(TEMPLATE, FIRST, SECOND, (0.0, 1.5)),
    "docker": System(TEMPLATE, FIRST, SECOND, (0.0, 1.5), runtime="docker"),
    "small": System(
        SMALL,
        (
            "fault: down, link: front->back",
            "fault: timeout, link: front->back, stream: downstream",
            "fault: latency, link: front->back, delay: 300ms",
        ),
        ("fault: pause, service: back", "fault: crash, service: back"),
        (0.0, 0.5),
        "back",
    ),
}
