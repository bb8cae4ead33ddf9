"""Who talks to whom, where the fault was, and who took over: a drawing and a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from harness.model import Phase, RunResult
from harness.report.recorded import Recorded
from harness.target import LinkSpec, entry_service

BOX_W, BOX_H, ROW, GAP = 130, 26, 38, 120


class Box(NamedTuple):
    """A program; x and y of its upper left corner, px."""

    name: str
    x: int
    y: int
    css: str


class Line(NamedTuple):
    """A link, from box to box."""

    name: str
    d: str
    css: str


class Player(NamedTuple):
    """A third party: what it did in each phase, by its ledger."""

    name: str
    role: str
    state: str
    work: list[int]


class Topology(NamedTuple):
    """All of it.

    Args:
        phases: what the columns of `work` are.
    """

    width: int
    height: int
    boxes: list[Box]
    lines: list[Line]
    phases: list[str]
    players: list[Player]


def topology(result: RunResult, recorded: Recorded) -> Topology:
    """The system of a run; callers on the left, the service under test, everybody else."""
    target = recorded.target
    service = entry_service(target)
    links = list(target.links)
    callers = [link.caller for link in links if link.callee == service and _outside(link, target)]
    others = [one.name for one in target.services if one.name != service]
    broken = {fault.where for fault in result.faults}
    took_over = {one["to"] for one in result.figures.get("recovery", {}).get("failover", ())}
    height = ROW * max(len(others), 1)
    columns = ((list(dict.fromkeys(callers)), 0), ([service], 1), (others, 2))
    boxes = [
        Box(name, column * (BOX_W + GAP) + 1, _y(n, len(names), height), css)
        for names, column in columns
        for n, name in enumerate(names)
        for css in [_css(name, broken, took_over)]
    ]
    phases, players = _players(recorded, broken, took_over)
    at = {box.name: box for box in boxes}
    lines = [_line(link, at, broken, took_over) for link in links
             if link.caller in at and link.callee in at]  # fmt: skip
    return Topology(3 * BOX_W + 2 * GAP + 2, height + 2, boxes, lines, phases, players)


def _outside(link: LinkSpec, target: object) -> bool:
    return link.caller not in {one.name for one in getattr(target, "services", ())}


def _y(number: int, count: int, height: int) -> int:
    return 1 + round((number + 0.5) * height / count - BOX_H / 2)


def _css(name: str, broken: set[str], took_over: set[str]) -> str:
    if name in broken or any(where.endswith(f"->{name}") for where in broken):
        return "hurt" if name in broken else ""
    return "over" if name in took_over else ""


def _line(link: LinkSpec, at: dict[str, Box], broken: set[str], took_over: set[str]) -> Line:
    start, end = at[link.caller], at[link.callee]
    back = start.x > end.x
    x1, x2 = (start.x, end.x + BOX_W) if back else (start.x + BOX_W, end.x)
    shift = 5 if back else 0
    y1, y2 = start.y + BOX_H // 2 + shift, end.y + BOX_H // 2 + shift
    hurt = link.name in broken
    css = "hurt" if hurt else "over" if link.callee in took_over else ""
    return Line(link.name, f"M{x1} {y1}L{x2} {y2}", css)


def _players(
    recorded: Recorded, broken: set[str], took_over: set[str]
) -> tuple[list[str], list[Player]]:
    counts: Counter[tuple[str, str]] = Counter(
        (event.p, event.phase) for event in recorded.history.of("ledger")
    )
    phases = list(dict.fromkeys(phase for _, phase in counts))
    order = [str(one) for one in Phase if one in phases]
    players = [
        Player(one.name, one.kind, _state(one.name, broken, took_over),
               [counts[one.name, phase] for phase in order])
        for one in recorded.target.services
        if one.scripted
    ]  # fmt: skip
    return order, players


def _state(name: str, broken: set[str], took_over: set[str]) -> str:
    return "; ".join(_states(name, broken, took_over))


def _states(name: str, broken: set[str], took_over: set[str]) -> Iterator[str]:
    where = sorted(w for w in broken if w == name or name in w.split("->"))
    if where:
        yield f"fault at {', '.join(where)}"
    if name in took_over:
        yield "took over"
