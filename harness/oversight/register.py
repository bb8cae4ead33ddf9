"""A risk register: what experts think of each risk, and which experiments measure it.

A register that contradicts itself is refused with every place and a remedy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from harness.errors import ConfigError, Problem
from harness.experiment import id_of_file
from harness.text import quoted
from harness.yaml_source import Loc, Place, load_yaml, unknown

SCALE = ("low", "medium", "high", "critical")
"""Of measured grades, the least first."""
ACCEPTED = "accepted"
"""A grade of experts alone: the risk is taken as it is."""
GRADES = (ACCEPTED, *SCALE)


class Opinion(BaseModel):
    """What one expert thinks of a risk.

    Args:
        on, review_by: days, UTC; after `review_by` the opinion does not count until it is renewed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    grade: str
    reason: str = ""
    by: str = Field(min_length=1)
    on: date
    review_by: date | None = Field(None, alias="review-by")


class Risk(BaseModel):
    """One risk.

    Args:
        items: of the list of coverage, as `harness list --coverage` prints them.
        experiments: ids or names: their runs measure it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1)
    title: str = Field(min_length=1)
    items: list[str] = []
    experiments: list[str] = Field(min_length=1)
    experts: list[Opinion] = []


class Register(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    risks: list[Risk] = Field(min_length=1)


def load_register(
    path: Path, experiments: Collection[str], items: Collection[str], today: date
) -> Register:
    """Read and validate a register.

    Args:
        experiments: names of those that there are.
        items: ids of the list of coverage.
        today: UTC.

    Raises:
        ConfigError: every problem with its place.
    """
    place = Place(path, load_yaml(path))
    register = place.read(Register)
    problems = [*_twice(register, place)]
    for number, risk in enumerate(register.risks):
        problems += _unknown(risk, number, place, experiments, items)
        problems += _contradictions(risk, number, place, today)
    if problems:
        raise ConfigError(problems)
    return register


def ids_of(names: Collection[str]) -> Mapping[str, str]:
    """Experiment by id or by name -> its name."""
    return {**{id_of_file(one): one for one in names if id_of_file(one)}, **{n: n for n in names}}


def _twice(register: Register, place: Place) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for number, risk in enumerate(register.risks):
        if (before := first.setdefault(risk.id, number)) != number:
            cause = f"id {quoted(risk.id)} stands already at {place.of('risks', before, 'id')}"
            yield Problem(cause, place.of("risks", number, "id"), remedy="an id of its own")


def _unknown(
    risk: Risk, number: int, place: Place, experiments: Collection[str], items: Collection[str]
) -> Iterator[Problem]:
    at = ("risks", number)
    for key, given, allowed in (
        ("experiment", risk.experiments, ids_of(experiments)),
        ("item", risk.items, {one: one for one in items}),
    ):
        for index, word in enumerate(given):
            loc = (*at, f"{key}s", index)
            if word not in allowed:
                yield unknown(key, word, allowed, place, *loc)
            elif allowed[word] in {allowed.get(one) for one in given[:index]}:
                yield Problem(f"{key} {quoted(word)} twice", place.of(*loc), remedy="name it once")


def _contradictions(risk: Risk, number: int, place: Place, today: date) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for index, one in enumerate(risk.experts):
        loc: Loc = ("risks", number, "experts", index)
        if one.grade not in GRADES:
            yield unknown("grade", one.grade, GRADES, place, *loc, "grade")
        if not one.reason.strip():
            cause = f"{risk.id}: grade {quoted(one.grade)} of {one.by} without a reason"
            where = place.of(*loc, "reason")
            yield Problem(cause, where, "a sentence that others can check", "add reason:")
        if (before := first.get(one.by)) is not None:
            cause = f"{risk.id}: {one.by} says {before} and {one.grade}"
            yield Problem(cause, place.of(*loc, "by"), "one grade of each expert", "keep one")
        first.setdefault(one.by, one.grade)
        yield from _days(risk, one, place, loc, today)


def _days(risk: Risk, one: Opinion, place: Place, loc: Loc, today: date) -> Iterator[Problem]:
    if one.on > today:
        cause = f"{risk.id}: graded on {one.on}, which is after today, {today}"
        yield Problem(cause, place.of(*loc, "on"), f"up to {today}", "the day of the grade, UTC")
    where = place.of(*loc, "review-by")
    if one.review_by and one.review_by < one.on:
        cause = f"{risk.id}: to be reviewed by {one.review_by}, before it was graded, {one.on}"
        yield Problem(cause, where, f"{one.on} or later")
    elif one.review_by and one.review_by < today:
        cause = f"{risk.id}: the review of {one.by} was due by {one.review_by}"
        remedy = "review the grade, then renew on: and review-by:"
        yield Problem(cause, where, f"{today} or later", remedy)
