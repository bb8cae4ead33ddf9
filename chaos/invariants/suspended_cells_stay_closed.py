"""C1: what a policy suspends gets no new loan, and nothing else is held up by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._policies import Period, business, limit_s, payouts, periods
from chaos.invariants._silent import without
from chaos.lending import FUNDER, GATEWAY, POLICY
from harness.history import History
from harness.model import Objectives, Op, Outcome

WITHIN_S = 5.0
"""How long until a suspension or its end holds; the contract's `policy` overrides it."""


def _examine(history: History, objectives: Objectives) -> Findings:
    within_s = limit_s(objectives, "effective_within_s", WITHIN_S)
    known, whose = periods(history, objectives), business(history)
    closed = [one for one in known if one.cells]
    met = [op for op in history.ops("submit") if _meets(op, closed)]
    found = [
        *_paid(history, objectives, closed, whose, within_s),
        *_funded(history, objectives, closed, whose, within_s),
        *_held_for_nothing(history, closed, whose, within_s),
    ]
    return Findings(
        examined=len(met),
        bad=found,
        details={"policies": len(known), "suspended": len(closed), "submitted": len(met)},
        missing="" if closed else "nothing was suspended",
    )


def _meets(op: Op, closed: list[Period]) -> bool:
    """Whether somebody applied while a suspension spoke of them, or of a partner."""
    return any(
        one.t_from_s <= op.t_invoke_s < one.t_to_s
        and (one.holds(op.request) or any("partner" in cell for cell in one.cells))
        for one in closed
    )


def _paid(
    history: History,
    objectives: Objectives,
    closed: list[Period],
    whose: Mapping[str, Mapping[str, object]],
    within_s: float,
) -> Iterator[Mapping[str, object]]:
    for entry in payouts(history, objectives):
        for one in closed:
            late = one.is_in_force(entry.t_s, within_s)
            if late and entry.k in whose and one.holds(whose[entry.k]):
                what = f"loan {entry.k} of {_words(whose[entry.k])} was paid out at "
                what += f"{entry.t_s:.2f} s, and that is suspended since {one.t_from_s:.2f} s"
                yield bad(entry.t_s, what, [entry.i, one.event.i], loan_id=entry.k)


def _funded(
    history: History,
    objectives: Objectives,
    closed: list[Period],
    whose: Mapping[str, Mapping[str, object]],
    within_s: float,
) -> Iterator[Mapping[str, object]]:
    funders = objectives.system.playing(FUNDER)
    for entry in history.ledger("reserve"):
        for one in closed if entry.p in funders else ():
            late = one.is_in_force(entry.t_s, within_s)
            if late and one.holds(whose.get(entry.k, {}), entry.p):
                what = f"application {entry.k} was funded by {entry.p} at {entry.t_s:.2f} s, which "
                what += f"is suspended since {one.t_from_s:.2f} s"
                yield bad(entry.t_s, what, [entry.i, one.event.i], application_id=entry.k)


def _held_for_nothing(
    history: History,
    closed: list[Period],
    whose: Mapping[str, Mapping[str, object]],
    within_s: float,
) -> Iterator[Mapping[str, object]]:
    for op in history.ops("application", outcome=Outcome.OK):
        t_s = op.last_s
        if op.value.get("reason_code") != "suspended" or op.k not in whose:
            continue
        if not any(
            one.t_from_s <= t_s < one.t_to_s + 2 * within_s and one.holds(whose[op.k])
            for one in closed
        ):
            what = f"application {op.k} of {_words(whose[op.k])} reads as suspended at {t_s:.2f} s"
            yield bad(t_s, what + ", and that is not", [op.index], application_id=op.k)


def _words(cell: Mapping[str, object]) -> str:
    return f"{cell.get('segment')} in {cell.get('region')}"


INVARIANT = Invariant(
    name="suspended_cells_stay_closed",
    ids=("C1",),
    claim="From 5 s after a suspension until its end no loan of what it names is paid out, no "
    "partner that it names funds one, and nobody else is told to be suspended.",
    examine=_examine,
    roles=(POLICY,),
    ledgers=(POLICY, GATEWAY, FUNDER),
    silent=without("suspend"),
)
