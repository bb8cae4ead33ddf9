"""Rehearsal: what the journeys of a load do with a service that answers everything well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.experiment import Experiment
from harness.history import Event, History
from harness.model import Outcome
from harness.registry import Vocabulary
from harness.rng import Seed
from harness.target import Call, Completion, Target, Together, Wait
from harness.workload import expected_arrivals

REHEARSALS = 20  # chosen: journeys throw dice, the mean of so many is near enough
STEPS_MAX = 200  # chosen: a journey that never ends must not hold a validation up
RAISED = "(raised)"  # in place of an operation: the journey is not known to its end


@dataclass(frozen=True)
class Rehearsal:
    """What the journeys of a load do when all goes well."""

    experiment: Experiment
    words: Vocabulary

    @property
    def whole(self) -> bool:
        """Whether the target says how it answers: only then is a journey known to its end."""
        known = [self.done[name] for name in self.experiment.journeys]
        return hasattr(self.words.target, "usual") and not any(RAISED in ops for ops in known)

    @cached_property
    def done(self) -> Mapping[str, Mapping[str, Sequence[float]]]:
        """Journey -> operation -> seconds after the arrival, of all rehearsals together."""
        return {
            name: _rehearsed(self.words.journeys[name], self.words.target)
            for name in self.words.journeys
        }

    def expected(self, f: str, t_from_s: float, t_to_s: float) -> float:
        """How many operations `f` are due in [t_from_s, t_to_s)."""
        weights = self.experiment.journeys
        total = sum(
            weight
            * expected_arrivals(self.experiment.profile, t_from_s - after_s, t_to_s - after_s)
            for name, weight in weights.items()
            for after_s in self.done[name].get(f, ())
        )
        return total / sum(weights.values()) / REHEARSALS

    def last_reads(self, f: str) -> float:
        """How many reads `f` are due once the load is over, at the least."""
        weights, target = self.experiment.journeys, self.words.target
        arrivals = expected_arrivals(self.experiment.profile, 0.0, self.experiment.load_s)
        seen = {name: _read_after(self.words.journeys[name], target, f) for name in weights}
        mean = sum(weight * seen[name] for name, weight in weights.items()) / sum(weights.values())
        return arrivals * mean

    def who(self, f: str) -> list[str]:
        """The journeys that do `f`."""
        return [name for name, ops in self.done.items() if ops.get(f)]


def _rehearsed(kind: Any, target: Target) -> Mapping[str, Sequence[float]]:
    times: dict[str, list[float]] = {}
    for number in range(REHEARSALS):
        for call, _, after_s in _steps(kind, number, target):
            times.setdefault(call.f, []).append(after_s)
    return times


def _read_after(kind: Any, target: Target, f: str) -> float:
    """How many reads `f` the target makes at the end for one journey."""
    found = 0
    for number in range(REHEARSALS):
        events: list[Event] = []
        for call, done, _ in _steps(kind, number, target):
            for type_, v in (("invoke", call.args), (done.outcome.value, done.value)):
                n = len(events)
                event = Event(i=n, t=n, p="", type=type_, f=call.f, k=call.k, v={**v}, src="client")
                events.append(event)
        found += sum(read.f == f for read in target.final_reads(History(events)))
    return found / REHEARSALS


def _steps(kind: Any, number: int, target: Target) -> Iterator[tuple[Call, Completion, float]]:
    """Operations of one journey, how each is answered, and the time that its own waits take."""
    journey = kind.steps(number, Seed(0).stream(f"rehearsal/{number}"))
    after_s, reply = 0.0, None
    for _ in range(STEPS_MAX):
        try:
            step = journey.send(reply)
        except StopIteration:
            return
        except Exception:  # the run itself will tell; until there it is known
            yield Call(RAISED), Completion(Outcome.INFO), after_s
            return
        if isinstance(step, Wait):
            after_s, reply = after_s + step.seconds, None
            continue
        calls = step.calls if isinstance(step, Together) else (step,)
        replies = tuple(_usual(call, target) for call in calls)
        yield from ((call, done, after_s) for call, done in zip(calls, replies, strict=True))
        reply = replies if isinstance(step, Together) else replies[0]


def _usual(call: Call, target: Target) -> Completion:
    usual = getattr(target, "usual", None)
    return usual(call) if usual else Completion(Outcome.OK)
