"""One scenario as data: a few journeys, a few calls that go wrong, and what happened then.

    Scenario ──> Stage.run ──> Trace

What a search explores. Which modes there are, and what they do, is known to the runtime alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple, Protocol

from harness.history import History
from harness.target import Setting


class Point(NamedTuple):
    """A call: the n-th (from 1) over an edge. `str` gives `lending->payment_a#2`."""

    edge: str
    n: int

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.edge}#{self.n}"

    @classmethod
    def parse(cls, text: str) -> Point:
        """From how it is written.

        Raises:
            ValueError: it has no `#` and number.
        """
        edge, _, n = text.rpartition("#")
        return cls(edge, int(n))


class Fired(NamedTuple):
    """A fault that happened.

    Args:
        mode: how the call went wrong.
        t_s, t_over_s: when it began, when it was over.
    """

    point: Point
    mode: str
    t_s: float
    t_over_s: float


NO_FAULTS: Mapping[Point, str] = MappingProxyType({})


@dataclass(frozen=True)
class Scenario:
    """What is to happen.

    Args:
        journeys: names; they start together, at time zero, unless a setting says otherwise.
        seed: of journeys, services and the order of what is ready at one instant.
        faults: call -> its mode, how it goes wrong; a call that never comes stays without effect.
        settings: how the world around is, all the time.
    """

    journeys: tuple[str, ...]
    seed: int = 0
    faults: Mapping[Point, str] = field(default_factory=lambda: NO_FAULTS)
    settings: tuple[Setting, ...] = ()


@dataclass(frozen=True)
class Trace:
    """What happened.

    Args:
        history: as of a run: client events, fault windows, ledgers, last reads.
        points: every call over a link of the target, in order, with its operation.
        fired: the faults that happened, in order.
        stuck: why somebody will never be answered; "" when everybody was.
        marks: for each point the number of the first event that was recorded after it.
        landed: late calls, and what else outlasts its call -> how many calls had been made when
            it was over.
        standbys: edges to a database that has a standby.
    """

    scenario: Scenario
    history: History
    points: Mapping[Point, str]
    fired: tuple[Fired, ...]
    stuck: str = ""
    marks: tuple[int, ...] = ()
    landed: Mapping[Point, int] = field(default_factory=dict)
    standbys: frozenset[str] = frozenset()

    @cached_property
    def signature(self) -> str:
        """Equal for two scenarios in which the same calls were made in the same order with the same
        outcome, and the same things happened; ids, times and amounts do not count."""
        modes = {fired.point: str(fired.mode) for fired in self.fired}
        seen: list[tuple[str, ...]] = [
            (point.edge, operation, modes.get(point, ""))
            for point, operation in self.points.items()
        ]
        for event in self.history.events:
            if event.src == "client" and event.type != "invoke":
                seen.append((event.f, event.type, event.err, str(event.v.get("status", ""))))
            elif event.src == "ledger":
                seen.append((event.p, event.f, str(event.v.get("status", ""))))
        return hashlib.blake2b(repr(seen).encode(), digest_size=8).hexdigest()


class Stage(Protocol):
    """Runs scenarios of one design on one target."""

    def modes(self, operation: str) -> tuple[str, ...]:
        """How a call with this operation, as a trace names it, can go wrong."""

    def run(self, scenario: Scenario) -> Trace:
        """Run one scenario in a world of its own.

        Raises:
            ValueError: a mode does not fit its call.
        """
