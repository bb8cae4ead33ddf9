"""R12, U2: who takes calls of borrowers can tell what is wrong, and until when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._front import front_windows, nobody_there
from chaos.invariants._operator import cut
from chaos.invariants._page_times import BLAMES, BY_PEOPLE, FULL
from chaos.invariants._views import by_user, cut_off, result
from chaos.lending import TERMINAL
from harness.history import History
from harness.model import Objectives, Op, Outcome

# The figures of this block are chosen, not measured.
SHARE_MIN = 0.95
"""Of calls while something was broken; the contract's `staff_can_tell_min` overrides it."""
PATIENCE_S = 3.0  # nobody is kept on the line for longer
NOTICED_S = 5.0
"""Of somebody being unreachable until the status names it, with traffic."""


def _examine(history: History, objectives: Objectives) -> Findings:
    least = float(objectives.contract.get("staff_can_tell_min", SHARE_MIN))
    calls = list(_calls(history, objectives))
    helpless = [(ops, why) for ops in calls if (why := _cannot_tell(ops, history, objectives))]
    share = 1 - len(helpless) / len(calls) if calls else 0.0
    return Findings(
        examined=len(calls),
        bad=[_bad(helpless, len(calls), least)] if calls and share < least else [],
        details={"calls": len(calls), "helpless": len(helpless), "can_tell": round(share, 4)},
    )


def _calls(history: History, objectives: Objectives) -> Iterator[Sequence[Op]]:
    """Each look at the status with the application that was looked up next, begun while something
    was broken."""
    front = front_windows(history, objectives)
    for ops in by_user(history).values():
        for at, op in enumerate(ops):
            call = [op, *(one for one in ops[at + 1 : at + 2] if one.f == "application")]
            if (
                op.f == "status"
                and any(one.covers(op.t_invoke_s, op.t_invoke_s) for one in history.windows)
                and not any(nobody_there(one, front) for one in call)
                and not cut_off(call[-1], history, objectives)
            ):
                yield call


def _cannot_tell(ops: Sequence[Op], history: History, objectives: Objectives) -> str:
    """Why the clerk has nothing to say; "" where there is a word."""
    for op in ops:
        if op.last_s - op.t_invoke_s > PATIENCE_S or op.outcome is not Outcome.OK:
            return f"{op.f} got {result(op)} after {op.last_s - op.t_invoke_s:.1f} s"
    page, application = ops[0], ops[1] if len(ops) > 1 else None
    degraded = {name: its for name, its in _operations(page).items() if its.get("mode") != FULL}
    for name, its in degraded.items():
        if lacks := [key for key in ("reason", "message", "next_update_by_s") if not its.get(key)]:
            return f"{name} is {its.get('mode')}, and no {' nor '.join(lacks)} is given"
    if why := _unnamed(page, degraded, history, objectives):
        return why
    if application is None or application.value.get("status") in TERMINAL:
        return ""
    lacks = [key for key in ("message", "next_update_by_s") if not application.value.get(key)]
    return f"application {application.k} tells no {' nor '.join(lacks)}" if lacks else ""


def _operations(page: Op) -> Mapping[str, Mapping[str, Any]]:
    told = page.value.get("operations")
    return told if isinstance(told, Mapping) else {}


def _unnamed(
    page: Op, degraded: Mapping[str, Mapping[str, Any]], history: History, objectives: Objectives
) -> str:
    """Who is surely unreachable, all of a role, and blamed by no operation of the status."""
    blamed = {BLAMES.get(str(its.get("reason"))) for its in degraded.values()}
    if any(its.get("mode") == BY_PEOPLE for its in degraded.values()):
        return ""
    for role in BLAMES.values():
        names = objectives.system.playing(role)
        since_s = page.t_invoke_s - NOTICED_S
        away = [cut(history, objectives, name, since_s, page.t_invoke_s) for name in names]
        if names and all(away) and role not in blamed:
            return f"the status blames no {role}, and every one is unreachable"
    return ""


def _bad(
    helpless: Sequence[tuple[Sequence[Op], str]], calls: int, least: float
) -> Mapping[str, object]:
    ops, why = min(helpless, key=lambda one: one[0][0].t_invoke_s)
    what = f"{len(helpless)} of {calls} calls while something was broken got no word (at most "
    what += f"{1 - least:.0%} may), first {ops[0].user} at {ops[0].t_invoke_s:.2f} s: {why}"
    return bad(ops[-1].last_s, what, [op.index for op in ops], user=ops[0].user)


INVARIANT = Invariant(
    name="staff_can_tell",
    ids=("R12", "U2"),
    claim="Of calls that customer service takes while something is broken, 95 % find within 3 s "
    "what is not whole, why and when the next word comes, and how the caller's application stands.",
    examine=_examine,
    timed=True,
    of=("status",),
    of_faults=True,
)
