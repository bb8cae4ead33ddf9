"""Where a design changes from full to degraded to broken service, by bisection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.compare.measures import users
from harness.envelope.knobs import Knob
from harness.figures.modes import FULL
from harness.json_types import JsonDict, JsonObject
from harness.model import RunVerdict
from harness.suite.findings import findings

BROKEN, DEGRADED, UNCLEAR = "broken", "degraded", "unclear"
HELD = "full"
GRID = 5  # values that are tried first; a change and back between two of them is not seen
TRIES_MAX = 24  # chosen: of one knob
SHARE_MIN = 0.01  # chosen: fewer answers than that do not make a mode
ABORTED = "stopped early"


@dataclass(frozen=True)
class Point:
    """One value that was tried.

    Args:
        first: what broke first, or in which mode service was.
        t_s: when, on the run clock; None where that is not known.
    """

    value: float
    state: str
    first: str
    t_s: float | None
    run: JsonObject


def judged(value: float, run: JsonObject) -> Point:
    """What a run says of a value: broken, degraded, full, or nothing."""
    if run["verdict"] == RunVerdict.FAIL.value:
        return Point(value, BROKEN, *_first(run), run)
    reason = str(next(iter(run["reasons"]), ""))
    if reason.startswith(ABORTED):
        return Point(value, BROKEN, reason, None, run)
    if run["verdict"] != RunVerdict.PASS.value:
        return Point(value, UNCLEAR, reason, None, run)
    mode = _less(run)
    return Point(value, DEGRADED if mode else HELD, mode, None, run)


def _first(run: JsonObject) -> tuple[str, float | None]:
    """The earliest counterexample; a limit that was missed where no invariant broke."""
    broken = [one for one in run["invariants"] if one["verdict"] == "invalid" and one["first_bad"]]
    if not broken:
        one = findings(run)[0]
        return f"{one.key}: {one.what}", None
    earliest = min(broken, key=lambda one: float(one["first_bad"].get("t_s", 0.0)))
    bad = earliest["first_bad"]
    return f"{earliest['name']}: {bad['what']}", float(bad.get("t_s", 0.0))


def _less(run: JsonObject) -> str:
    """Modes that were less than full; "" when all was as on a good day."""
    found = []
    for operation, counts in run["figures"].get("modes", {}).items():
        n = sum(counts.values())
        found += [f"{operation} {mode}" for mode, count in counts.items()
                  if mode != FULL and count >= SHARE_MIN * n]  # fmt: skip
    away, _ = users(run)
    return ", ".join([*found, *([f"{away} borrowers turned away"] if away else [])])


def explore(knob: Knob, attempt: Callable[[float], Point | None], precision: float) -> list[Point]:
    """Try the ends and some values between, then halve each gap between two that differ.

    Args:
        attempt: runs one value; None once nothing may be begun any more.
        precision: a gap of so much of its upper end is narrow enough.
    """
    found: list[Point] = []
    for value in knob.grid(GRID):
        if (point := attempt(value)) is None:
            return found
        found.append(point)
    while len(found) < TRIES_MAX and (gap := _widest(knob, found, precision)):
        value = knob.between(gap[0].value, gap[1].value)
        if (point := attempt(value)) is None:
            break
        found = sorted([*found, point], key=lambda one: one.value)
    return found


def _widest(knob: Knob, points: Sequence[Point], precision: float) -> tuple[Point, Point] | None:
    """Two neighbours that differ, are not close enough, and have a value between them."""
    gaps = [
        (b.value - a.value, a, b)
        for a, b in pairwise(points)
        if a.state != b.state
        and b.value - a.value > precision * b.value
        and a.value < knob.between(a.value, b.value) < b.value
    ]
    return max(gaps, key=lambda one: one[0])[1:] if gaps else None


def zones(knob: Knob, points: Sequence[Point]) -> list[JsonDict]:
    """Stretches of one state, by value; each with what came first in the middle of them."""
    found: list[JsonDict] = []
    for point in points:
        if found and found[-1]["state"] == point.state:
            found[-1]["to"] = point.value
            continue
        found.append(
            {"state": point.state, "from": point.value, "to": point.value, "first": point.first,
             "t_s": point.t_s, "run_dir": point.run["run_dir"]}
        )  # fmt: skip
    for before, _zone in pairwise(found):
        if before["state"] == BROKEN:  # nearest to where it begins to hold
            last = next(one for one in points if one.value == before["to"])
            before.update(first=last.first, t_s=last.t_s, run_dir=last.run["run_dir"])
    return [{**zone, "shown": f"{knob.shown(zone['from'])} .. {knob.shown(zone['to'])}"}
            for zone in found]  # fmt: skip
