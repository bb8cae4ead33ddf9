"""Runs an experiment made from a plan on real parts, and says whether it breaks the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.errors import HarnessError
from harness.model import RunVerdict, Validity
from harness.prepare import RunRequest, prepare
from harness.session import run

AGREES, PARTLY, DIFFERS = "agrees", "agrees in part", "differs"
UNCLEAR, NOT_RUN = "shows nothing", "could not be run"


@dataclass(frozen=True)
class Confirmation:
    """What real parts say of a finding.

    Args:
        file: the experiment.
        expected: invariants that broke in the simulation.
        broke: invariants that broke on real parts.
        why: how the run ended.
        ended: its verdict; "" when there was no run.
    """

    file: str
    runtime: str
    expected: tuple[str, ...]
    broke: tuple[str, ...]
    why: str
    ended: str = ""

    @property
    def ran(self) -> bool:
        """Whether there was a run that can say something."""
        return self.ended in (RunVerdict.PASS, RunVerdict.FAIL) or bool(self.broke)

    @property
    def verdict(self) -> str:
        """In a word."""
        if not self.ran:
            return UNCLEAR if self.ended else NOT_RUN
        both = set(self.expected) & set(self.broke)
        return DIFFERS if not both else AGREES if both == set(self.expected) else PARTLY


def confirm(order: RunRequest, say: Callable[[str], None]) -> Confirmation:
    """Run the experiment that was written for what was found."""
    file, runtime = order.experiment, order.runtime
    expected: tuple[str, ...] = ()
    try:
        prepared = prepare(order)
        expected = prepared.experiment.invariants
        result = run(prepared, say)
    except HarnessError as error:
        return Confirmation(file, runtime, expected, (), str(error))
    broke = tuple(
        one.checker
        for one in result.verdicts
        if one.validity is Validity.INVALID and one.checker in expected
    )
    reason = result.reasons[0] if result.reasons else result.verdict.value
    return Confirmation(file, runtime, expected, broke, reason, result.verdict.value)
