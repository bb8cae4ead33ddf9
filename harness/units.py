"""Numbers with units, as people write them: `8s`, `1500ms`, `20/s`, `>= 0.999`,
`failed_applications > 200`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_NUMBER = r"(-?[0-9]{1,18}(?:\.[0-9]{1,18})?)"
_DURATION = re.compile(_NUMBER + r"\s*(ms|s|m|h)")
_RATE = re.compile(_NUMBER + r"\s*/\s*(s|m|h)")
_CONDITION = re.compile(r"([A-Za-z_]\w*)?\s*(<=|>=|==|<|>)\s*" + _NUMBER + r"\s*(ms|s|m|h|%)?")
SHOWN_MAX = 80  # chosen: enough of a text to recognise it
OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
DURATION_MAX_S = 24 * 3600.0


def parse_duration(value: object) -> float:
    """Seconds from `8s`, `1500ms`, `2m`, `1h` or the number 0.

    Raises:
        ValueError: no number, no unit, negative, or more than a day.
    """
    if isinstance(value, bool):
        raise ValueError(f"{value!r} is no duration; write a number and a unit: 500ms, 8s, 2m, 1h")
    if isinstance(value, int | float):
        if value == 0:
            return 0.0
        raise ValueError(f"{value!r} has no unit; write {value}s, {value}ms, {value}m or {value}h")
    found = _DURATION.fullmatch(str(value).strip())
    if not found:
        raise ValueError(f"{value!r} is no duration; write a number and a unit: 500ms, 8s, 2m, 1h")
    seconds = float(found[1]) * SECONDS[found[2]]
    if not 0 <= seconds <= DURATION_MAX_S:
        raise ValueError(f"{value!r} is out of range; allowed: 0s .. 24h")
    return seconds


def parse_rate(value: object) -> float:
    """Events per second from `20/s`, `90/m` or `600/h`.

    Raises:
        ValueError: no number, no unit, or not in (0, 10000] a second.
    """
    found = _RATE.fullmatch(str(value).strip())
    if not found:
        raise ValueError(f"{value!r} is no rate; write a number and a unit: 20/s, 90/m")
    rate = float(found[1]) / SECONDS[found[2]]
    if not 0 < rate <= 10_000:
        raise ValueError(f"{value!r} is out of range; allowed: above 0/s up to 10000/s")
    return rate


class Quantity(StrEnum):
    """What a limit is a limit of: it decides which units and numbers make sense."""

    TIME = "time"
    RATIO = "ratio"
    COUNT = "count"


EXAMPLES = {Quantity.TIME: "< 800ms", Quantity.RATIO: ">= 0.99", Quantity.COUNT: "> 200"}
MEANINGS = {
    Quantity.TIME: "a time with its unit, above 0ms and up to 24h",
    Quantity.RATIO: "a number in 0..1 without a unit",
    Quantity.COUNT: "a whole number of 0 or more without a unit",
}


@dataclass(frozen=True)
class Condition:
    """A limit: `>= 0.999`, `< 800ms`, or with a subject `failed_applications > 200`.

    Args:
        text: as written.
        subject: "" or the measure it is about.
        limit: in seconds when it was written with a unit of time.
        unit: as written: ms, s, m, h, % or "".
    """

    text: str
    subject: str
    symbol: str
    limit: float
    unit: str = ""

    def holds(self, value: float) -> bool:
        """Whether `value` meets the limit."""
        return OPERATORS[self.symbol](value, self.limit)

    def show(self, value: float) -> str:
        """`value` in the unit in which the limit was written."""
        return f"{value / SECONDS.get(self.unit, 1.0):.6g}{self.unit}"

    def __str__(self) -> str:
        """As written."""
        return self.text


def parse_condition(value: object) -> Condition:
    """A Condition from its text; whether it suits its measure, `misfit` says.

    Raises:
        ValueError: not `[subject] < <= > >= == number[unit]`.
    """
    if isinstance(value, Condition):
        return value
    text = str(value).strip()
    found = _CONDITION.fullmatch(text)
    if not found:
        shown = text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX] + "..."
        raise ValueError(f"{shown!r} is no condition; write for example '>= 0.999' or '< 800ms'")
    limit = float(found[3]) * SECONDS.get(found[4] or "", 1.0)
    return Condition(text, found[1] or "", found[2], limit, found[4] or "")


def misfit(limit: Condition, quantity: Quantity, measure: str) -> tuple[str, str] | None:
    """What is wrong with a limit on a measure, and the remedy; None when it suits.

    Args:
        measure: the name of what is limited.
    """
    if limit.subject and limit.subject != measure:
        cause = f"the limit names {limit.subject}, the measure is {measure}"
        return cause, f"leave {limit.subject} out, or set measure: {limit.subject}"
    for wrong, cause, remedy in _misfits(limit, quantity, measure):
        if wrong:
            return cause, remedy
    return None


def _misfits(limit: Condition, quantity: Quantity, measure: str) -> Iterator[tuple[bool, str, str]]:
    """(is it wrong, why, what to write), the plainest first."""
    number, symbol, unit = limit.limit / SECONDS.get(limit.unit, 1.0), limit.symbol, limit.unit
    example = f"for example '{EXAMPLES[quantity]}'"
    if quantity is Quantity.TIME:
        either = f"'{symbol} {number:g}ms' or '{symbol} {number:g}s'"
        yield not unit, f"{measure} is a time and {str(limit)!r} has no unit", either
    yield (
        bool(unit) and not (quantity is Quantity.TIME and unit in SECONDS),
        f"{measure} is {MEANINGS[quantity]}, and {unit} is no unit of it",
        f"'{symbol} {number / 100:g}'" if unit == "%" else example,
    )
    yield (
        not _can_hold(limit, quantity),
        f"{str(limit)!r} can never hold: {measure} is {MEANINGS[quantity]}",
        _percent(symbol, number) if quantity is Quantity.RATIO else example,
    )


def _percent(symbol: str, number: float) -> str:
    """The remedy for a share that was written as a percentage."""
    if 1 < number <= 100:
        return f"'{symbol} {number / 100:g}'"
    return f"for example '{EXAMPLES[Quantity.RATIO]}'"


def _can_hold(limit: Condition, quantity: Quantity) -> bool:
    """Whether the number is in range, and some value in the range meets the limit."""
    value, symbol = limit.limit, limit.symbol
    if quantity is Quantity.TIME:
        return 0 < value <= DURATION_MAX_S and symbol != "=="
    if quantity is Quantity.COUNT:
        return value >= 0 and value.is_integer() and (symbol, value) != ("<", 0)
    return 0 <= value <= 1 and (symbol, value) not in ((">", 1), ("<", 0))


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    WithJsonSchema(
        {
            "type": ["string", "number"],
            "pattern": rf"^\s*{_NUMBER}\s*(ms|s|m|h)\s*$",
            "minimum": 0,
            "maximum": 0,
            "description": "a number with its unit: 500ms, 8s, 2m, 1h; 0s .. 24h",
            "examples": ["500ms"],
        }
    ),
]


def _some(seconds: float) -> float:
    if seconds == 0:
        raise ValueError("0s: nobody could keep it; allowed: above 0s .. 24h")
    return seconds


Period = Annotated[Duration, AfterValidator(_some)]
"""A duration in which something has to happen: above 0 s."""

Rate = Annotated[
    float,
    BeforeValidator(parse_rate),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^\s*{_NUMBER}\s*/\s*(s|m|h)\s*$",
            "description": "a number with its unit: 20/s, 90/m; above 0/s up to 10000/s",
            "examples": ["8/s"],
        }
    ),
]
Limit = Annotated[
    Condition,
    BeforeValidator(parse_condition),
    WithJsonSchema(
        {
            "type": "string",
            "description": "a limit: '>= 0.99', '< 800ms', 'failed_operations > 200'",
            "examples": [">= 0.99"],
        }
    ),
]
Share = Annotated[float, Field(ge=0, le=1)]
