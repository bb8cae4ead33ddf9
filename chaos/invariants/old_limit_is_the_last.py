"""U4: a limit that is marked as old is the last one that there was, as of when it was given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from chaos.invariants._finding import Findings, Invariant, bad, money
from chaos.invariants._service_clock import CLOCKS_S, offset_s
from chaos.invariants._views import amount, entries
from chaos.lending import RISK_ENGINE
from harness.history import Event, History
from harness.model import Objectives, Op, Outcome

STALE, LIVE = "stale", "live"


def _examine(history: History, objectives: Objectives) -> Findings:
    given = entries(history, "limit", objectives.system.playing(RISK_ENGINE))
    ahead_s = offset_s(history)
    asked: defaultdict[str, list[Op]] = defaultdict(list)
    found, old = [], 0
    for op in history.ops("read_limit"):
        asked[op.k].append(op)
    reads = list(history.ops("read_limit", outcome=Outcome.OK))
    for op in reads:
        if op.value.get("source") == STALE:
            old += 1
            wrongs = [*_other(op, asked[op.k], given[op.k])]
            wrongs += _given(op, asked[op.k], given[op.k], ahead_s)
            found += [_bad(op, wrong, given[op.k]) for wrong in wrongs]
    return Findings(examined=len(reads), bad=found, details={"limits": len(reads), "old": old})


def _other(op: Op, asked: list[Op], given: list[Event]) -> Iterator[str]:
    """Whether it is another one although a live one was shown before."""
    shown, told = op.value.get("available_minor"), {amount(event) for event in given}
    if shown in told:
        return
    for other in asked:
        ended_s = float("inf") if other.t_end_s is None else other.t_end_s
        if other.value.get("source") == LIVE and ended_s <= op.t_invoke_s:
            before = other.value.get("available_minor")
            yield f"shows {money(shown)}, and {money(before)} as live at {ended_s:.2f} s"
            return


def _given(op: Op, asked: list[Op], given: list[Event], ahead_s: float | None) -> Iterator[str]:
    """Whether it is as of a moment at which somebody asked for it, or before the run."""
    told = op.value.get("as_of_s")
    if ahead_s is None or not isinstance(told, int | float):
        return
    t_s = told - ahead_s
    entered = any(abs(event.t_s - t_s) <= CLOCKS_S for event in given)
    shown = any(
        other.t_invoke_s - CLOCKS_S <= t_s <= (other.t_end_s or t_s) + CLOCKS_S
        for other in asked
        if other.index != op.index
    )
    if t_s > 0.0 and not entered and not shown:
        yield f"is called old as of {t_s:.2f} s, when nobody asked for it"


def _bad(op: Op, wrong: str, given: list[Event]) -> Mapping[str, object]:
    t_s = op.last_s
    events = [op.index, *(event.i for event in given)]
    return bad(t_s, f"the limit of {op.k} {wrong} ({t_s:.2f} s)", events, borrower=op.k)


INVARIANT = Invariant(
    name="old_limit_is_the_last",
    ids=("U4",),
    claim="A limit that is marked as stale is the last one that the risk engine gave, as of the "
    "moment at which it was given.",
    examine=_examine,
    roles=(RISK_ENGINE,),
    ledgers=(RISK_ENGINE,),
)
