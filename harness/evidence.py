"""What is observed of a fault, and what that proves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from harness.json_types import JsonObject


@dataclass(frozen=True)
class Observation:
    """What could be seen at one link, process or stand-in at one instant.

    Args:
        t_s: run clock.
        canary: ok, refused, no_reply or error: what a harmless request there got.
        latency_s: how long the canary took.
        counts: `attempted` calls by the caller, `reached` calls at the callee, `failed` attempts,
            `connections` taken by the proxy, and more; each only rises, until who counts is gone.
        state: what the capability knows: pid, process state, toxics, rule hits.
    """

    t_s: float
    canary: str
    latency_s: float
    counts: Mapping[str, int] = field(default_factory=dict)
    state: JsonObject = field(default_factory=dict)

    def since(self, earlier: Observation, name: str) -> int:
        """How much the count `name` rose since `earlier`."""
        return self.counts.get(name, 0) - earlier.counts.get(name, 0)


FAILED = "failed"
TRAFFIC = ("attempted", FAILED, "reached", "connections", "calls", "delayed")
"""Counts that rise when somebody uses a place."""
REACHED = "reached"
"""By who is called alone: what never arrives it cannot count."""
ASKED = "asked"
"""What users asked of the whole system meanwhile."""


@dataclass(frozen=True)
class Seen:
    """A fault as it was observed: before, first and last while it was active, after healing.

    Args:
        between: further looks while it was active, by time.
        apart: those looks at which the same other faults were at the place as before; None where
            no other fault was there at any look.
        others: other faults that can have made calls fail there since the look before.
    """

    before: Observation
    early: Observation
    late: Observation
    after: Observation
    between: Sequence[Observation] = ()
    apart: Sequence[Observation] | None = None
    others: frozenset[str] = frozenset()

    @property
    def active(self) -> tuple[Observation, ...]:
        """The looks while the fault was active."""
        return (self.early, *self.between, self.late)

    @property
    def telling(self) -> Sequence[Observation]:
        """The looks at which what is new is of this fault; all where there is none."""
        return self.apart or self.active

    @property
    def failed(self) -> int:
        """How many calls failed by this fault: nobody knows where another one was felt too."""
        return 0 if self.others or self.apart is not None else self.during(FAILED)

    @property
    def canaries(self) -> frozenset[str]:
        """What canaries got while the fault was active."""
        return frozenset(one.canary for one in self.telling)

    @property
    def slower_s(self) -> float:
        """How much longer than before the slowest canary took."""
        return max(one.latency_s for one in self.telling) - self.before.latency_s

    @property
    def usually_slower_s(self) -> float:
        """How much longer than before canaries took, by their median: noise is not in all."""
        return median(one.latency_s for one in self.telling) - self.before.latency_s

    def during(self, name: str) -> int:
        """How much the count `name` rose from before until after, over every link that is counted
        apart (`attempted lending->risk`). One that begins anew adds what it has come to since; one
        that cannot be read adds nothing."""
        return _rises((self.before, *self.active, self.after), name, born_at_0=True)

    @property
    def traffic(self) -> int:
        """How often the place was used from the injection on, as the one says who counts most;
        where nobody counts, or only who is called and was called before, how often the whole
        system was asked. Calls that failed since the look before are of it too: the first look may
        come after the last of them."""
        looks = (*self.active, self.after)
        kept = {key.split(" ")[0] for one in (self.before, *looks) for key in one.counts}
        names = kept.intersection(TRAFFIC)
        if not names or (names == {REACHED} and _count(self.before, REACHED)):
            names |= {ASKED}
        failed = _rises((self.before, *looks), FAILED, born_at_0=False)
        return max(failed, *(_rises(looks, name, born_at_0=False) for name in names))


def _count(seen: Observation, name: str) -> int:
    """A counter, over every link that is counted apart."""
    return sum(number for key, number in seen.counts.items() if key.split(" ")[0] == name)


def _rises(looks: Sequence[Observation], name: str, *, born_at_0: bool) -> int:
    """By how much the counters with a name rose in all.

    Args:
        born_at_0: whether one that the first look did not have had been 0 then.
    """
    counts = [one.counts for one in looks if one.counts]
    keys = {key for one in counts for key in one if key.split(" ")[0] == name}
    total = 0
    for key in keys:
        known = [one[key] for one in counts if key in one]
        known = [0, *known] if born_at_0 and key not in counts[0] else known
        total += sum(now - then if now >= then else now for then, now in pairwise(known))
    return total


@dataclass(frozen=True)
class Proof:
    """Whether a fault bit, and the numbers that show it."""

    proven: bool
    why: str
    numbers: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class Exit:
    """A program that ended though nobody had asked it to.

    Args:
        code: as shells say it: 128 and the signal's number after a signal.
        last_words: the last lines of its log.
    """

    program: str
    code: int
    last_words: str = ""

    @property
    def signalled(self) -> bool:
        """Whether a signal ended it."""
        return self.code > 128
