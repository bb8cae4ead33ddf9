"""Journeys as data: what a user does, step by step, with values that the dice choose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.model import Outcome
from harness.rng import Dice
from harness.target import Call, Completion, Journey, Wait
from harness.target_file.document import StepPart
from harness.target_file.holes import filled, selected


@dataclass(frozen=True)
class DataJourney:
    """`JourneyKind`: each step an operation with its arguments, or a wait.

    Args:
        name: unique in the target.
        parts: as they are written.
    """

    name: str
    parts: Sequence[StepPart]

    def steps(self, number: int, dice: Dice) -> Journey:
        """The journey of user `number`; it ends early when `go-on-if` does not hold."""
        known: dict[str, Any] = {"number": number}
        for at, part in enumerate(self.parts):
            if part.wait is not None:
                yield Wait(part.wait)
                continue
            known |= _chosen(part.with_, known, dice)
            key = f"{self.name}-{number}.{at}"
            done: Completion = yield Call(part.do, key, {**known, "key": key})
            if not _goes_on(part, done):
                return
            known |= {name: selected(of, done.value) for name, of in part.keep.items()}


def _chosen(values: Mapping[str, Any], known: Mapping[str, Any], dice: Dice) -> dict[str, Any]:
    """Arguments: `[low, high]` is a whole number in between, a text has its holes filled."""
    return dict(_each(values, known, dice))


def _each(
    values: Mapping[str, Any], known: Mapping[str, Any], dice: Dice
) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if is_range(value):
            yield name, dice.randint(*value)
        else:
            yield name, filled(value, lambda hole: known.get(hole, ""))


def is_range(value: Any) -> bool:
    """Whether a value stands for a whole number between two."""
    whole = isinstance(value, list) and len(value) == 2 and all(type(one) is int for one in value)
    return whole and value[0] <= value[1]


def _goes_on(part: StepPart, done: Completion) -> bool:
    """Only after what was acknowledged, with the values that are wanted."""
    if done.outcome is not Outcome.OK:
        return False
    return fits(done.value, part.go_on_if)


def fits(value: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether every field of an answer that is named has the value that is wanted, or one of
    several."""
    return all(_is(selected(of, value), one) for of, one in wanted.items())


def _is(value: Any, wanted: Any) -> bool:
    return value in wanted if isinstance(wanted, list) else bool(value == wanted)
