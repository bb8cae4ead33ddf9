"""What an invariant is made of: a claim, and a pure function that looks for counterexamples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from chaos.invariants._ledgers import unlisted, unread
from chaos.invariants._silent import Silent, may_speak
from chaos.invariants._stopped import as_far_as_it_went
from harness.checker import judge
from harness.history import History
from harness.model import Objectives, Verdict


class Findings(msgspec.Struct, frozen=True):
    """What an invariant saw in a history.

    Args:
        examined: how many things it looked at; 0 is never valid.
        bad: counterexamples, as `bad()` makes them.
        details: numbers for the report.
        missing: evidence that was not there, "" when all was.
    """

    examined: int
    bad: Sequence[Mapping[str, object]] = ()
    details: Mapping[str, object] = msgspec.field(default_factory=dict)
    missing: str = ""


@dataclass(frozen=True)
class Invariant:
    """A checker: one falsifiable claim about a history.

    Args:
        name, ids: its module's name, and what it stands for in the catalogue of invariants.
        claim, examine: one falsifiable sentence, and a pure function that finds counterexamples.
        roles: roles that it speaks of; while nobody plays one of them nothing is known.
        ledgers: roles whose ledgers it rests on; while one was not read nothing is known.
        timed: whether it is a promise of time, which a machine without a free processor breaks.
        at_end: whether it speaks of the end, as single counterexamples can (`bad`).
        of, of_faults: without one of these operations, or a fault, there is nothing to look at.
        silent: why a run of this document leaves it unknown, "" where it may not.
    """

    name: str
    ids: tuple[str, ...]
    claim: str
    examine: Callable[[History, Objectives], Findings]
    roles: tuple[str, ...] = ()
    ledgers: tuple[str, ...] = ()
    timed: bool = False
    at_end: bool = False
    of: tuple[str, ...] = ()
    of_faults: bool = False
    silent: Silent = may_speak

    def check(self, history: History, objectives: Objectives) -> Verdict:
        """Judge the history."""
        found = self._examined(history, objectives)
        kept, cut = as_far_as_it_went(found.bad, history, at_end=self.at_end)
        me: Any = self  # a Protocol's attributes are settable, a frozen value's are not
        why = missing(found.missing, cut)
        return judge(me, examined=found.examined, bad=kept, details=found.details, missing=why)

    def _examined(self, history: History, objectives: Objectives) -> Findings:
        system = objectives.system
        if absent := [role for role in self.roles if not system.playing(role)]:
            return Findings(0, missing=f"the target has no {' and no '.join(absent)}")
        if reason := unread(history, [n for role in self.ledgers for n in system.playing(role)]):
            return Findings(0, missing=reason)
        found = self.examine(history, objectives)
        if not any(name.startswith("M") for name in self.ids):
            return found
        reason = missing(found.missing, unlisted(history, system))
        return msgspec.structs.replace(found, missing=reason)


def bad(t_s: float, what: str, events: Iterable[int], **values: object) -> dict[str, object]:
    """A counterexample.

    Args:
        t_s: when it happened, run clock.
        what: one sentence with ids, amounts and seconds.
        events: numbers of the events that show it.
        values: the same as data.
    """
    return {"t_s": round(t_s, 3), "what": what, "events": sorted(set(events)), **values}


def missing(*reasons: str) -> str:
    """Those reasons that are not empty, in one line."""
    return "; ".join(reason for reason in reasons if reason)


def money(amount_minor: object) -> str:
    """An amount for a sentence; "an unknown amount" when there is none."""
    if not isinstance(amount_minor, int):
        return "an unknown amount"
    return f"{amount_minor:,} minor units"


def some(names: Iterable[str], most: int = 3) -> str:
    """The first few names, and how many more there are."""
    first, more = (listed := sorted(names))[:most], len(listed) - most
    return ", ".join(first) + (f" and {more} more" if more > 0 else "")
