"""Numbers with units, as people write them: `8s`, `1500ms`, `20/s`, `>= 0.999`,
`failed_applications > 200`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(-?\d+(?:\.\d+)?)\s*(ms|s|m|h)")
_RATE = re.compile(r"(-?\d+(?:\.\d+)?)\s*/\s*(s|m)")
_CONDITION = re.compile(r"(\w+)?\s*(<=|>=|==|<|>)\s*(-?\d+(?:\.\d+)?)\s*(ms|s|m|h)?")
OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
DURATION_MAX_S = 24 * 3600.0


def parse_duration(value: Any) -> Any:
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


def parse_rate(value: Any) -> Any:
    """Events per second from `20/s` or `90/m`.

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


@dataclass(frozen=True)
class Condition:
    """A limit: `>= 0.999`, `< 800ms`, or with a subject `failed_applications > 200`.

    Args:
        text: as written.
        subject: "" or the measure it is about.
        limit: in seconds when it was written with a unit of time.
    """

    text: str
    subject: str
    symbol: str
    limit: float

    def holds(self, value: float) -> bool:
        """Whether `value` meets the limit."""
        return OPERATORS[self.symbol](value, self.limit)

    def __str__(self) -> str:
        """As written."""
        return self.text


def parse_condition(value: Any) -> Any:
    """A Condition from its text.

    Raises:
        ValueError: not `[subject] < <= > >= == number[unit]`.
    """
    if isinstance(value, Condition):
        return value
    found = _CONDITION.fullmatch(str(value).strip())
    if not found:
        raise ValueError(f"{value!r} is no condition; write for example '>= 0.999' or '< 800ms'")
    limit = float(found[3]) * SECONDS.get(found[4] or "s", 1.0)
    return Condition(str(value).strip(), found[1] or "", found[2], limit)


Duration = Annotated[float, BeforeValidator(parse_duration)]
Rate = Annotated[float, BeforeValidator(parse_rate)]
Limit = Annotated[Condition, BeforeValidator(parse_condition)]
Share = Annotated[float, Field(ge=0, le=1)]
