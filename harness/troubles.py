"""What is wrong, and was, while a fault is observed: nobody takes it for what that fault does."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.experiment import Step
from harness.ports import Capability

PATIENCE_S = 2.2  # as long as a look: a call that was held up fails as late

OF_PROGRAMS = frozenset({
    Capability.PROCESSES, Capability.LIFECYCLE, Capability.NETWORK,
    Capability.CPU, Capability.MEMORY, Capability.DISK,
})  # fmt: skip
"""Powers over a program as a whole: whoever calls it feels what they do."""


@dataclass
class Trouble:
    """One window of a step.

    Args:
        until_s: when its undo was done, run clock; infinite before.
    """

    step: Step
    from_s: float
    until_s: float = math.inf


@dataclass
class Troubles:
    """Every window of a run so far.

    Args:
        answers: the service that answers at a place.
        felt_at: places whose trouble makes calls at a place fail.
    """

    answers: Callable[[str], str]
    felt_at: Callable[[str], frozenset[str]]
    _windows: list[Trouble] = field(default_factory=list)
    _programs: list[Step] = field(default_factory=list)

    def begins(self, step: Step, now_s: float) -> Trouble:
        """A window of a step, which is about to be injected."""
        trouble = Trouble(step, now_s)
        self._windows.append(trouble)
        if step.fault.capability in OF_PROGRAMS:
            self._programs.append(step)
        return trouble

    def over(self, step: Step) -> None:
        """The place of a step answers as before."""
        self._programs = [one for one in self._programs if one is not step]

    def beside(self, where: str) -> frozenset[str]:
        """What is wrong with the program that answers at a link, until it is ready again."""
        service = self.answers(where)
        faults = [step.fault for step in self._programs]
        return frozenset(f"{one.kind} {service}" for one in faults if one.where == service != where)

    def others(self, step: Step, from_s: float, until_s: float) -> frozenset[str]:
        """What else can have made calls fail at the place of a step in a while, run clock, s."""
        felt = self.felt_at(step.fault.where)
        return frozenset(
            f"{one.step.fault.kind} {one.step.fault.where}"
            for one in self._windows
            if one.step is not step and one.step.fault.where in felt
            and one.from_s <= until_s and one.until_s + PATIENCE_S >= from_s
        )  # fmt: skip
