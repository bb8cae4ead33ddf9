"""What can be varied, in which range, and the documents in which it is.

for=1s..120s                          how long each fault lasts
load=1x..8x                           arrivals, times what the document says
design.upstream_timeout_s=0.1..5      a number of the design
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from harness.errors import Problem
from harness.experiment import Experiment
from harness.json_types import JsonDict, JsonObject
from harness.text import quoted
from harness.units import parse_duration, parse_rate
from harness.yaml_source import nearest

FOR, LOAD, DESIGN = "for", "load", "design."
FACTOR_MAX = 100.0  # chosen: more arrivals than that are no question to one process
WIDE = 4.0  # chosen: a range with more than this between its ends is walked by factors
ALLOWED = "for=1s..120s, load=1x..8x, design.KEY=0.1..5"


@dataclass(frozen=True)
class Knob:
    """One thing that is varied.

    Args:
        low, high: ends of the range; s for `for`, a factor for `load`.
        whole: whether only whole numbers are taken.
    """

    name: str
    low: float
    high: float
    whole: bool = False

    @property
    def factors(self) -> bool:
        """Whether the range is walked by factors rather than by steps."""
        return self.low > 0 and self.high / self.low > WIDE

    def between(self, a: float, b: float) -> float:
        """The middle of two values."""
        return self.rounded(math.sqrt(a * b) if self.factors else (a + b) / 2)

    def rounded(self, value: float) -> float:
        """To what is worth trying: whole numbers, else three significant digits."""
        return float(round(value)) if self.whole else float(f"{value:.3g}")

    def grid(self, n: int) -> list[float]:
        """So many values from end to end."""
        shares = [number / (n - 1) for number in range(n)]
        if self.factors:
            found = [self.low * (self.high / self.low) ** share for share in shares]
        else:
            found = [self.low + (self.high - self.low) * share for share in shares]
        inner = [self.rounded(value) for value in found[1:-1]]
        return sorted({self.low, *(v for v in inner if self.low < v < self.high), self.high})

    def shown(self, value: float) -> str:
        """As a person writes it."""
        return f"{value:g}{ {FOR: 's', LOAD: 'x'}.get(self.name, '') }"

    def share(self, value: float) -> float:
        """Where a value lies in the range, 0..1."""
        if self.factors:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def parse(
    given: str, experiment: Experiment, design: JsonObject
) -> tuple[Knob | None, list[Problem]]:
    """A knob from `name=low..high`, or what is wrong with it."""
    name, equals, span = given.partition("=")
    low, dots, high = span.partition("..")
    where = f"--vary {quoted(given)[1:-1]}"
    if not (equals and dots):
        return None, [Problem("no range", where, ALLOWED)]
    if name == FOR and not experiment.steps:
        return None, [Problem("the experiment has no fault", where, "load=1x..8x")]
    if name not in (FOR, LOAD) and not name.startswith(DESIGN):
        cause = f"nothing is called {quoted(name)}" + nearest(name, (FOR, LOAD))
        return None, [Problem(cause, where, ALLOWED)]
    if name.startswith(DESIGN) and (why := _no_number(name, design)):
        return None, [why]
    try:
        ends = [_value(name, text) for text in (low, high)]
    except ValueError as error:
        return None, [Problem(str(error), where, ALLOWED)]
    if not ends[0] < ends[1]:
        return None, [Problem(f"{low} is not below {high}", where, "low..high")]
    whole = name.startswith(DESIGN) and isinstance(_of(design, name), int)
    return Knob(name, ends[0], ends[1], whole), []


def _value(name: str, text: str) -> float:
    """One end of a range.

    Raises:
        ValueError: it is none.
    """
    if name == FOR:
        return parse_duration(text)
    number = float(text.removesuffix("x"))
    if name == LOAD and not (text.endswith("x") and 0 < number <= FACTOR_MAX):
        raise ValueError(f"{text!r} is no factor of the load; allowed: above 0x to {FACTOR_MAX:g}x")
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is no number")
    return number


def _no_number(name: str, design: JsonObject) -> Problem | None:
    known = {f"{DESIGN}{key}": value for key, value in _numbers(design)}
    if name in known:
        return None
    cause = f"no number {quoted(name)} in the design" + nearest(name, known)
    return Problem(cause, "--vary", ", ".join(known) or "none: it has no number")


def _numbers(design: JsonObject, before: str = "") -> Iterator[tuple[str, float]]:
    """Each number with its keys joined by dots."""
    for key, value in design.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{before}{key}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{before}{key}", value


def _of(design: JsonObject, name: str) -> Any:
    value: Any = design
    for key in name.removeprefix(DESIGN).split("."):
        value = value[key]
    return value


def with_value(
    knob: Knob, value: float, experiment: Experiment, design: JsonObject
) -> tuple[JsonDict, JsonDict]:
    """The documents of an experiment and of a design in which the knob has a value."""
    document: JsonDict = deepcopy(dict(experiment.document))
    changed: JsonDict = deepcopy(dict(design))
    if knob.name == FOR:
        document["method"] = _lasting(document["method"], value)
    elif knob.name == LOAD:
        document["load"] = _times(document["load"], value)
    else:
        *way, last = knob.name.removeprefix(DESIGN).split(".")
        inner = changed
        for key in way:
            inner = inner[key]
        inner[last] = int(value) if knob.whole else value
    return document, changed


def _lasting(method: list[JsonDict], for_s: float) -> list[JsonDict]:
    """Each step so long; what began after another had ended still does, as long after it."""
    steps: list[JsonDict] = []
    ended: list[tuple[float, float]] = []
    for step in sorted(method, key=lambda one: parse_duration(one["at"])):
        at_s, lasted_s = parse_duration(step["at"]), parse_duration(step["for"])
        grown_s = sum(more_s for end_s, more_s in ended if end_s <= at_s)
        again = step.get("repeat", 1) - 1
        every_s = parse_duration(step["every"]) + for_s - lasted_s if "every" in step else 0.0
        longer = {"every": f"{every_s:g}s"} if again else {}
        steps.append({**step, "at": f"{at_s + grown_s:g}s", "for": f"{for_s:g}s", **longer})
        ended.append((at_s + lasted_s, (for_s - lasted_s) * (again + 1)))
    return steps


def _times(load: JsonObject, factor: float) -> JsonDict:
    """So many times the arrivals, in every stage."""

    def more(part: JsonObject) -> JsonDict:
        rates = {key: f"{parse_rate(part[key]) * factor:.6g}/s"
                 for key in ("arrivals", "to") if part.get(key)}  # fmt: skip
        return {**part, **rates}

    found = more(load)
    if load.get("stages"):
        found["stages"] = [more(stage) for stage in load["stages"]]
    return found
