"""Rules by which an incident is classified, and the reports that a class demands, as data.

Every rule names its source, and whether the figure was read there (`verified`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from harness.errors import ConfigError, Problem
from harness.text import quoted
from harness.yaml_source import Loc, Place, load_yaml, unknown

MEASURES = {
    "users_hit": "users who were refused through no mistake of theirs, or got no explanation",
    "users_hit_share": "the same of all users, 0..1",
    "duration_h": "from the first harmed user until service was good again, nominal hours",
    "money_in_doubt_minor": "amounts at risk for longer than in-doubt-after-s, minor units",
    "promises_broken": "invariants that were broken",
    "acknowledged_lost": "acknowledged operations that were gone at the end",
}
FIELDS = {
    "detected": "when the service itself knew of it",
    "first_harm": "when the first user was harmed",
    "classification": "which rule, by which figures",
    "users_so_far": "users hit until the report",
    "money_so_far": "money in doubt until the report",
    "mitigated": "when all that had failed was answered well again",
    "cause": "what was broken, where, and when it was mended",
    "ended": "when service was good again for good",
    "users_total": "users hit",
    "money_total": "money in doubt, and what of it is still so",
    "promises_broken": "invariants that were broken, with the first counterexample",
}
INSTANTS = ("detected", "classified")
Words = Annotated[str, Field(min_length=1)]


class Model(BaseModel):
    """Takes no key that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Criterion(Model):
    """One limit: met once the measure reaches it."""

    measure: str
    at_least: float = Field(alias="at-least", ge=0)


class Report(Model):
    """A report that a rule demands.

    Args:
        within_h: nominal hours.
        after: `detected`, `classified`, or an earlier report of the rule.
        fields: what it must hold, of FIELDS.
    """

    report: Words
    within_h: float = Field(alias="within-h", gt=0)
    after: str
    fields: list[str] = Field(min_length=1)


class Rule(Model):
    """One class of incidents.

    Args:
        needed: how many of the criteria must be met.
        source: where the limits come from.
        verified: whether they were read there for this file.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    class_: Words = Field(alias="class")
    criteria: list[Criterion] = Field(min_length=1)
    needed: int = Field(1, ge=1)
    source: Words
    verified: bool
    reports: list[Report] = Field(min_length=1)


class Rules(Model):
    """The whole file.

    Args:
        time_scale: nominal seconds that one second of a run stands for.
        in_doubt_after_s: on the run clock.
    """

    title: str
    time_scale: float = Field(1.0, alias="time-scale", gt=0)
    in_doubt_after_s: float = Field(alias="in-doubt-after-s", ge=0)
    rules: list[Rule] = Field(min_length=1)


def load_rules(path: Path) -> Rules:
    """Read and validate the file.

    Raises:
        ConfigError: every problem with its place.
    """
    place = Place(path, load_yaml(path))
    rules = place.read(Rules)
    if problems := list(_problems(rules, place)):
        raise ConfigError(problems)
    return rules


def _problems(rules: Rules, place: Place) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for number, rule in enumerate(rules.rules):
        loc: Loc = ("rules", number)
        if (before := first.setdefault(rule.id, number)) != number:
            cause = f"id {quoted(rule.id)} stands already at {place.of('rules', before, 'id')}"
            yield Problem(cause, place.of(*loc, "id"), remedy="an id of its own")
        if not rule.source.strip():
            cause = f"{rule.id} names no source"
            yield Problem(cause, place.of(*loc, "source"), "what can be looked up: act, article")
        for index, one in enumerate(rule.criteria):
            if one.measure not in MEASURES:
                yield unknown("measure", one.measure, MEASURES, place, *loc, "criteria", index,
                              "measure")  # fmt: skip
        if rule.needed > len(rule.criteria):
            cause = f"{rule.id} needs {rule.needed} of {len(rule.criteria)} criteria"
            yield Problem(cause, place.of(*loc, "needed"), f"1..{len(rule.criteria)}")
        yield from _reports(rule, place, loc)


def _reports(rule: Rule, place: Place, loc: Loc) -> Iterator[Problem]:
    known = list(INSTANTS)
    for index, one in enumerate(rule.reports):
        at: Loc = (*loc, "reports", index)
        if one.after not in known:
            yield unknown("instant", one.after, known, place, *at, "after")
        for number, field in enumerate(one.fields):
            if field not in FIELDS:
                yield unknown("field", field, FIELDS, place, *at, "fields", number)
        if one.report in known:
            yield Problem(f"report {quoted(one.report)} stands already", place.of(*at, "report"))
        known.append(one.report)
