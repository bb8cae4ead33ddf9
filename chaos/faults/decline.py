"""A third party says no, and means it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from chaos.faults._scripted import Scripted
from chaos.lending import RULE_OPS

DECIDED = frozenset({"create_payout", "create_debit", "score"})
KNOWN = frozenset(op for ops in RULE_OPS.values() for op in ops)


class Decline(Scripted):
    """The stand-in refuses for a business reason: FAILED for money, `decline` for a score.

    Effect: a definite "no"; no money moves.
    Blast radius: the stand-in.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "decline"
    effect: ClassVar[str] = "decline"

    @classmethod
    def fits(cls, ops: Sequence[str]) -> list[str]:
        """What is decided: money, a score, whatever a stand-in out of mappings does."""
        return [one for one in ops if one in DECIDED or one not in KNOWN]


FAULT = Decline
