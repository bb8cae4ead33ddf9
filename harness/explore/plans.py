"""Plans (calls that go wrong) and what was observed of a world in which they did.

    plan ──> world.run ──> Seen: the calls that were made, what broke, a signature

Worlds are deterministic: up to the first call that goes wrong, a plan and the plan without it are
one and the same world. That is what makes the search exact.

A plan may also say how the world around is, all the time: `callbacks twice`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Fault(NamedTuple):
    """One call that goes wrong; or a setting, one factor of the world around that is not normal.

    Args:
        point: which call, `lending->payment_a#2`: the second over that edge; or the factor.
        mode: how, `reply_lost`; or the factor's value.
    """

    point: str
    mode: str

    @property
    def edge(self) -> str:
        """The link of the call."""
        return self.point.rpartition("#")[0]

    @property
    def is_setting(self) -> bool:
        """Whether it is no call, but how the world is."""
        return "#" not in self.point

    def __str__(self) -> str:
        """As a person reads it."""
        return f"{self.point} {self.mode}"


Plan = tuple[Fault, ...]
"""Faults in the order in which they strike; the empty plan is the fault-free world."""


class CallPoint(NamedTuple):
    """A call that is about to be made: here a world can take another turn.

    Args:
        point: which call.
        operation: what it asks for, `POST /v1/payouts`.
        modes: how it can go wrong.
        left_out: modes that cannot be told from one of `modes`.
        state: equal where two worlds stand at the same point and would go on the same way; ""
            where nothing is known of that.
        future: equal where the same is still to come, whatever was before.
    """

    point: str
    operation: str
    modes: tuple[str, ...]
    left_out: int = 0
    state: str = ""
    future: str = ""


class Broken(NamedTuple):
    """A promise that a world broke.

    Args:
        invariant: name of the checker.
        what: the witness, one sentence with ids, amounts and seconds.
        t_s: when, run clock.
    """

    invariant: str
    what: str
    t_s: float


@dataclass(frozen=True)
class Seen:
    """What was seen of one world.

    Args:
        calls: every call, in the order in which they were made; empty when nobody asked for it.
        broken: in the order of time.
        signature: equal for worlds that behaved alike.
    """

    calls: tuple[CallPoint, ...]
    broken: tuple[Broken, ...]
    signature: str


class World(Protocol):
    """What is explored. The same plan gives the same answer, in every process."""

    def run(self, plan: Plan, *, leaf: bool = False) -> Seen:
        """Run one world from its beginning.

        Args:
            leaf: nobody will branch from here; calls may be left out.
        """


def after(plan: Plan, seen: Seen) -> tuple[CallPoint, ...]:
    """The calls that were made after the last fault struck; all of them without a fault."""
    if not plan:
        return seen.calls
    last = plan[-1].point
    for number, call in enumerate(seen.calls):
        if call.point == last:
            return seen.calls[number + 1 :]
    return ()


def struck(plan: Iterable[Fault], seen: Seen) -> Plan:
    """Those faults of a plan whose call was made, in the order in which they struck."""
    order = {call.point: number for number, call in enumerate(seen.calls)}
    return tuple(sorted((f for f in plan if f.point in order), key=lambda f: order[f.point]))


@dataclass(frozen=True)
class Minimal:
    """A set of faults that breaks a promise, and no subset of it that was tried does.

    Args:
        plan: the faults.
        broken: what they break.
        operations: what each of the calls asks for.
    """

    plan: Plan
    broken: tuple[Broken, ...]
    operations: tuple[str, ...] = ()
