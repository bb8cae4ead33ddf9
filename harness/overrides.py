"""What a command line sets in place of what a document says: --var, --rate, --run-time.

What is run is the document with everything filled in; it needs no variables any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from typing import Any

from harness.errors import ConfigError, Problem
from harness.units import parse_duration, parse_rate
from harness.variables import Variables, declared, values_of
from harness.yaml_source import Loc, Place

AFTER_S = 16  # in a remedy: seconds left to see that the service has recovered


@dataclass(frozen=True)
class Overrides:
    """What the command line sets in place of what the document says.

    Args:
        rate: arrivals of a load that has no stages, like `20/s`; None: as written.
        run_time: length of the load, like `60s`; recovery takes what the faults leave of it.
        vars: `name=value` each.
        least_s: fault -> how long it lasts at least: what it is about takes so long in this design.
    """

    rate: str | None = None
    run_time: str | None = None
    vars: tuple[str, ...] = ()
    least_s: Mapping[str, float] = field(default_factory=dict, hash=False)

    @property
    def argv(self) -> list[str]:
        """As they stand in a command."""
        rate = [] if self.rate is None else ["--rate", self.rate]
        run_time = [] if self.run_time is None else ["--run-time", self.run_time]
        return [*rate, *run_time, *(word for one in self.vars for word in ("--var", one))]


AS_WRITTEN = Overrides()


@dataclass
class Filled:
    """What was filled in.

    Args:
        said: place in the document -> where the value comes from.
    """

    place: Place
    said: dict[str, str]

    def note(self, loc: Loc, source: str) -> None:
        """Remember where the value at a place comes from."""
        self.said[self.place.of(*loc)] = source

    def explained(self, problems: Iterable[Problem]) -> list[Problem]:
        """The same problems, each with what was filled in at its place."""
        return [
            replace(one, cause=f"{one.cause} ({self.said[one.where]})")
            if one.where in self.said
            else one
            for one in problems
        ]


def fill(raw: Any, asked: Overrides, place: Place) -> Filled:
    """Put every variable and the rate in, in place; `vars` is gone afterwards.

    Raises:
        ConfigError: a name that is not declared, a value of the wrong kind, a rate beside stages.
    """
    where = place.of("vars")
    defaults, problems = declared(raw.pop("vars", {}), place)
    values, wrong = values_of(defaults, asked.vars)
    problems += wrong
    variables = Variables(values, place)
    filled = Filled(place, variables.said)
    if not problems:
        problems += variables.replace(raw)
        unused = [name for name in defaults if name not in variables.used and not problems]
        problems += [
            Problem(f"the variable {name} is used nowhere", where, remedy="remove it")
            for name in unused
        ]
    problems += _rate(raw, asked.rate, filled)
    if problems:
        raise ConfigError(problems)
    _lengthen(raw, asked.least_s, filled)
    return filled


def _lengthen(raw: Any, least_s: Mapping[str, float], filled: Filled) -> None:
    """Let each fault last as long as it must, in place. What comes after it comes so much later,
    and another one of these only once the service has recovered."""
    later_s, ended_s, steps = 0.0, 0.0, raw.get("method")
    for number, step in enumerate(steps if isinstance(steps, list) and least_s else ()):
        try:
            at_s, for_s = parse_duration(step["at"]), parse_duration(step["for"])
        except (KeyError, TypeError, ValueError):
            return  # what is wrong with it is said as for any document
        known = step.get("fault") in least_s
        if later_s and at_s >= ended_s:
            moved_s = later_s + (AFTER_S if known else 0.0)
            step["at"] = f"{at_s + moved_s:g}s"
            filled.note(("method", number, "at"), f"later by {moved_s:g} s")
        if known and for_s < (least := least_s[step["fault"]]):
            step["for"] = f"{least:g}s"
            filled.note(("method", number, "for"), f"{for_s:g}s is too short in this design")
            later_s, ended_s = later_s + least - for_s, at_s + for_s


def run_time(asked: str, healed_s: float, *, staged: bool, where: str) -> str:
    """What `recovery` has to be for a load of that length.

    Args:
        healed_s: when the last fault is undone.
        staged: stages give the load its length.
        where: the place of `recovery`.

    Raises:
        ConfigError: no duration, or the faults do not fit.
    """
    try:
        asked_s = parse_duration(asked)
    except ValueError as error:
        raise ConfigError(Problem(str(error), "--run-time", "above 0s up to 24h")) from None
    if staged:
        cause = "the load has stages, and they are its length"
        raise ConfigError(Problem(cause, "--run-time", remedy="change the stages"))
    if asked_s <= healed_s:
        cause = f"a run of {asked_s:g} s ends before the last fault is undone, at {healed_s:g} s"
        remedy = f"--run-time {healed_s + AFTER_S:g}s, or earlier faults in {where}"
        raise ConfigError(Problem(cause, "--run-time", f"above {healed_s:g}s", remedy))
    return f"{round(asked_s - healed_s, 6):.12g}s"


def _rate(raw: Any, asked: str | None, filled: Filled) -> list[Problem]:
    """Put the rate in, in place."""
    if asked is None:
        return []
    try:
        parse_rate(asked)
    except ValueError as error:
        return [Problem(str(error), "--rate", "above 0/s up to 10000/s")]
    load = raw.get("load")
    if not isinstance(load, MutableMapping):
        return []  # what is wrong with it is said as for any document
    if load.get("stages"):
        cause = "the load has stages, each with a rate of its own"
        return [Problem(cause, f"--rate ({filled.place.of('load', 'stages')})", "no stages")]
    load["arrivals"] = asked
    filled.note(("load", "arrivals"), f"--rate {asked}")
    return []
