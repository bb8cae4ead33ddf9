"""What is wrong with operations and journeys of a target file: names that nobody has, values that
nothing has given."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.errors import Problem
from harness.target_file.checking_promises import unasked
from harness.target_file.document import Operation, StepPart, TargetDocument
from harness.target_file.holes import ARGS, holes, texts_of, variables
from harness.target_file.journeys import OWN, USER, is_range, login_of
from harness.yaml_source import Loc, Place, unknown


def asked_problems(
    told: TargetDocument, place: Place, users: Sequence[Mapping[str, str]]
) -> Iterator[Problem]:
    """Everything, each with its place."""
    for name, operation in told.operations.items():
        yield from _operation(told, name, operation, place)
    known = OWN | {f"{USER}{column}" for column in (users[0] if users else ())}
    for name, steps in told.journeys.items():
        if not steps:
            yield Problem(f"journey {name} has no steps", place.of("journeys", name))
        yield from _journey(told, name, steps, place, known)
    yield from _settled(told, place, known)


def _operation(
    told: TargetDocument, name: str, operation: Operation, place: Place
) -> Iterator[Problem]:
    asked, loc = operation.asked, ("operations", name)
    if len(asked) != 1:
        got = " and ".join(method.lower() for method, _ in asked) or "no method"
        allowed = "one of get, post, put, patch, delete"
        yield Problem(f"{name} has {got}", place.of_key(*loc), allowed)
    elif not asked[0][1].startswith("/") or asked[0][1].startswith("//"):
        where = place.of(*loc, asked[0][0].lower())
        yield Problem(f"path {asked[0][1]!r}", where, "a path that begins with one /")
    if len(operation.bodies) > 1:
        got = " and ".join(operation.bodies)
        yield Problem(f"{name} has {got}", place.of_key(*loc), "one of json, form, body")
    if operation.at:
        listening = [one for one, program in told.programs.items()
                     if program.kinds in (["command"], ["running"], ["compose"])]  # fmt: skip
        if operation.at not in listening:
            yield unknown("program", operation.at, listening, place, *loc, "at")
    yield from _auth(told, name, operation, place)
    for variable in sorted({one for text in texts_of(operation.texts) for one in variables(text)}):
        if variable not in os.environ:
            remedy = f"export {variable}=..."
            yield Problem(f"${{{variable}}} is not set", place.of_key(*loc), remedy=remedy)


def _auth(told: TargetDocument, name: str, operation: Operation, place: Place) -> Iterator[Problem]:
    auth, loc = operation.auth, ("operations", name, "auth")
    if auth is None:
        return
    if len(auth.kinds) != 1:
        got = " and ".join(auth.kinds) or "nothing"
        yield Problem(f"auth is {got}", place.of_key(*loc), "one of bearer, basic, login")
    elif auth.login and auth.login not in told.operations:
        yield unknown("operation", auth.login, told.operations, place, *loc, "login")
    elif auth.cookie and not auth.login:
        yield Problem(
            "a cookie of which login?", place.of(*loc, "cookie"), remedy="login: NAME beside it"
        )
    elif auth.login and login_of(told.operations[auth.login]):
        cause = f"{auth.login} needs a login itself"
        yield Problem(cause, place.of(*loc, "login"), "an operation without auth: {login: ...}")


def _journey(
    told: TargetDocument,
    name: str,
    steps: Sequence[StepPart],
    place: Place,
    known: frozenset[str],
) -> Iterator[Problem]:
    for number, step in enumerate(steps):
        loc: Loc = ("journeys", name, number)
        if bool(step.do) == (step.wait is not None):
            yield Problem("a step does one thing", place.of(*loc), "do: or wait:")
        elif step.wait is not None and step.again:
            yield Problem("a wait has no again", place.of(*loc, "again"), "again beside do:")
        elif step.do and step.do not in told.operations:
            yield unknown("operation", step.do, told.operations, place, *loc, "do")
        elif step.do:
            given = known
            for value in step.with_:
                if _is_backwards(step.with_[value]):
                    where = place.of(*loc, "with", value)
                    yield Problem(f"{value} is {step.with_[value]}", where, "[low, high]")
                for hole in holes(step.with_[value]):
                    if hole not in given:
                        yield unknown("hole", hole, sorted(given), place, *loc, "with", value)
                given |= {value}
            login = login_of(told.operations[step.do])
            yield from _needs(told, login, known, place, loc)
            known |= step.with_.keys()
            yield from _needs(told, step.do, known, place, loc)
            known |= step.keep.keys()


def _is_backwards(value: Any) -> bool:
    return is_range(value[::-1]) and not is_range(value) if isinstance(value, list) else False


def _needs(
    told: TargetDocument, name: str, known: frozenset[str], place: Place, loc: Loc
) -> Iterator[Problem]:
    """Values that an operation of a step needs and nobody has given."""
    if name not in told.operations:
        return
    for hole in dict.fromkeys(holes(told.operations[name].texts)):
        if hole not in known:
            cause = f"{name} needs {{{hole}}}, which nothing has given before"
            remedy = f"with: {{{hole}: ...}} here, or keep: {{{hole}: body...}} before"
            if hole.startswith(USER):
                remedy = "data: {users: users.csv} with such a column"
            yield Problem(cause, place.of(*loc, "do"), ", ".join(sorted(known)), remedy)


def _settled(told: TargetDocument, place: Place, known: frozenset[str]) -> Iterator[Problem]:
    settled = told.settled_when
    if settled is None:
        return
    there = True
    for key in ("after", "read"):
        name = getattr(settled, key)
        if name not in told.operations:
            there = False
            yield unknown("operation", name, told.operations, place, "settled-when", key)
    if not there:
        return
    where_ = [(of, one, "where") for of, one in settled.where.items() if settled.among]
    told_of = [*where_, *((of, one, "with") for of, one in settled.with_.items())]
    args = [(one.removeprefix(ARGS), ("settled-when", key, of)) for of, one, key in told_of
            if one.startswith(ARGS)]  # fmt: skip
    yield from unasked(told, settled.after, args, place)
    given: set[Any] = {*known, *settled.with_, *holes(told.operations[settled.after].texts)}
    for hole in dict.fromkeys(holes(told.operations[settled.read].texts)):
        if hole not in given:
            cause = f"{settled.read} needs {{{hole}}}, which the answer of {settled.after} gives"
            remedy = f"with: {{{hole}: body...}}"
            yield Problem(cause, place.of("settled-when", "read"), remedy=remedy)
