"""The result of a search."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from harness.explore.plans import Fault, Minimal, Plan

ORDER = "not made any more"
SUPERSET = "holds a set that breaks already"
STATE = "leads to a state that was branched before"
ALIKE = "goes wrong in a way that makes no difference"
MODE = "mode that shows nothing of the service"
KNOWN = "was run before"
UNFIT = "unfit"
NO_NEWS = "breaks in an environment what it breaks anyway"
RULES = {
    ORDER: "a call of the fault-free world that this plan keeps from being made",
    SUPERSET: "it contains a set already known to break a promise, so it is not minimal",
    STATE: "same ledgers, same promises made, same failures in a row and the same future: "
    "another plan stood there before, with at least as many faults left",
    ALIKE: "of the largest plans only: in smaller ones this way for the operation to go wrong, and "
    "another that is tried (or none), always led to the same future and broke the same",
    MODE: "a safe request (GET) changes nothing, whether it was applied cannot be told; on the "
    "borrower's own line, what never arrives or answers in the service's place says nothing of it; "
    "a database without a standby has none that takes over or is behind; a crash before a write, "
    "right after another one, is the crash after that other one",
    KNOWN: "the swarm drew the same plan again",
    NO_NEWS: "the same call, made at another time, goes wrong in the same way and breaks nothing "
    "that it is not known to break where more factors are normal",
}


@dataclass
class Covered:
    """How much of a target's environments was looked at.

    Args:
        rows: environments run, of `rows_all`.
        triples: combinations of values of three factors seen in them, of `triples_all`.
        scenarios: worlds run.
        whole: environments in which every single call was broken in every mode.
    """

    rows_all: int
    triples_all: int
    rows: int = 0
    triples: int = 0
    scenarios: int = 0
    whole: int = 0


@dataclass
class Found:
    """The state of a search, and its result once it has ended.

    Args:
        minimal: every minimal violating set.
        pruned: rule -> how many plans it spared.
        signatures: how often each behaviour was seen.
        operations: call -> what it asks for; every call that was ever made.
        hit: calls at which a fault was tried.
        complete_to: every plan of up to so many faults was run or pruned; -1: not even the
            fault-free one.
        covered: of environments; None where there was none to look at.
        ended: complete, dry (nothing new turned up), budget, interrupted, unfit (no good world
            without faults).
    """

    minimal: list[Minimal] = field(default_factory=list)
    explored: int = 0
    pruned: Counter[str] = field(default_factory=Counter)
    signatures: Counter[str] = field(default_factory=Counter)
    operations: dict[str, str] = field(default_factory=dict)
    hit: set[str] = field(default_factory=set)
    by_size: Counter[int] = field(default_factory=Counter)
    complete_to: int = -1
    swarm: int = 0
    covered: Covered | None = None
    ended: str = "complete"
    seconds: float = 0.0
    workers: int = 1

    @property
    def rate(self) -> float:
        """Scenarios a second, checkers included."""
        return self.explored / self.seconds if self.seconds else 0.0

    @property
    def never_hit(self) -> list[str]:
        """Calls that were made in some world and at which no fault was ever tried."""
        return [point for point in self.operations if point not in self.hit]

    def breaks_already(self, plan: Plan) -> bool:
        """Whether a set that is known to break is part of the plan."""
        faults: set[Fault] = set(plan)
        return any(faults.issuperset(known.plan) for known in self.minimal)
