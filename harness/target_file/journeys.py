"""Journeys as data: what a user does, step by step, with values that the dice choose."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.json_types import JsonDict, JsonObject
from harness.model import Outcome
from harness.rng import Dice
from harness.target import Call, Completion, Journey, Wait
from harness.target_file.asking import TOKEN
from harness.target_file.document import Operation, StepPart
from harness.target_file.holes import filled, holes, selected

USER = "user."
OWN = frozenset({"number", "key"})  # what every journey knows


@dataclass(frozen=True)
class DataJourney:
    """`JourneyKind`: each step an operation with its arguments, or a wait.

    Args:
        name: unique in the target.
        parts: as they are written.
        operations: of the target.
        users: a row of values for each user, taken in turn.
    """

    name: str
    parts: Sequence[StepPart]
    operations: Mapping[str, Operation]
    users: Sequence[Mapping[str, str]] = ()

    def steps(self, number: int, dice: Dice) -> Journey:
        """The journey of user `number`; it ends early when `go-on-if` does not hold, or when
        an answer lacks what is to be kept of it."""
        known: JsonDict = {"number": number, **user_values(self.users, number)}
        tokens: dict[str, str] = {}
        for at, part in enumerate(self.parts):
            if part.wait is not None:
                yield Wait(part.wait)
                continue
            login = login_of(self.operations[part.do])
            if login and login not in tokens:
                token = yield from self._log_in(login, number, known)
                if token is None:
                    return
                tokens[login] = token
            known |= _chosen(part.with_, known, dice)
            known["key"] = f"{self.name}-{number}.{at}"
            call = call_of(part.do, self.operations[part.do], known, tokens.get(login, ""))
            done: Completion = yield call
            for _ in range(part.again):
                if done.outcome is not Outcome.INFO:
                    break
                yield Wait(part.after)
                done = yield call
            if not _goes_on(part, done):
                return
            kept = {name: selected(of, done.value) for name, of in part.keep.items()}
            if None in kept.values():
                return
            known |= kept

    def _log_in(
        self, login: str, number: int, known: JsonObject
    ) -> Generator[Call, Completion, str | None]:
        """The token that a login answers with; None when it gives none."""
        call = login_call(login, f"{self.name}-{number}.{login}", self.operations[login], known)
        done = yield call
        return done.private.get(TOKEN)


def user_values(users: Sequence[Mapping[str, str]], number: int) -> dict[str, str]:
    """`user.<column>` of the row of user `number`; {} without rows."""
    row = users[number % len(users)] if users else {}
    return {f"{USER}{column}": value for column, value in row.items()}


def login_of(operation: Operation) -> str:
    """The operation that gives the token of another; "" when it needs none."""
    return operation.auth.login if operation.auth else ""


def call_of(name: str, operation: Operation, known: JsonObject, token: str = "") -> Call:
    """A call with what its holes name and who the user is; what only says who asks is private."""
    texts = operation.texts
    said = {*OWN, *holes([texts["way"], texts["body"], texts["key"]])}
    hidden = set(holes([texts["headers"], texts["auth"]])) - said
    private = {hole: known[hole] for hole in sorted(hidden) if hole in known}
    args = {hole: known[hole] for hole in sorted(said) if hole in known}
    key = str(filled(operation.key, lambda hole: known.get(hole, "")))
    return Call(name, key or str(known["key"]), args, private | ({TOKEN: token} if token else {}))


def login_call(login: str, key: str, operation: Operation, known: JsonObject) -> Call:
    """A login: nothing that it says is written down."""
    known = {**known, "key": key}
    said = {hole: known[hole] for hole in sorted({*holes(operation.texts)}) if hole in known}
    return Call(login, key, {"number": known["number"]}, said)


def _chosen(values: JsonObject, known: JsonObject, dice: Dice) -> JsonDict:
    """Arguments: `[low, high]` is a whole number in between, a text has its holes filled, also by
    what stands before it."""
    chosen: JsonDict = {}
    for name, value in values.items():
        drawn = dice.randint(*value) if is_range(value) else value
        chosen[name] = filled(drawn, lambda hole: {**known, **chosen}.get(hole, ""))
    return chosen


def is_range(value: Any) -> bool:
    """Whether a value stands for a whole number between two."""
    whole = isinstance(value, list) and len(value) == 2 and all(type(one) is int for one in value)
    return whole and value[0] <= value[1]


def _goes_on(part: StepPart, done: Completion) -> bool:
    """Only after what was acknowledged, with the values that are wanted."""
    if done.outcome is not Outcome.OK:
        return False
    return fits(done.value, part.go_on_if)


def fits(value: JsonObject, wanted: JsonObject) -> bool:
    """Whether every field of an answer that is named has the value that is wanted, or one of
    several."""
    return all(_is(selected(of, value), one) for of, one in wanted.items())


def _is(value: Any, wanted: Any) -> bool:
    return value in wanted if isinstance(wanted, list) else bool(value == wanted)
