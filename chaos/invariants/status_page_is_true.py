"""U7: the status page says what is so: no trouble that is none, and no good day that is none."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._operator import cut, samples, touched
from chaos.invariants._page import said_wrong
from chaos.invariants._page_times import BREAKERS, CLOSED, FULL, MODES, OF_NO_PARTY, times_wrong
from chaos.lending import DATABASE, POLICY
from harness.history import Event, History
from harness.model import Objectives, Op

UNTOLD = {DATABASE, POLICY}  # of them the page does not speak for each operation

# The figures of this block are chosen, not measured.
NOTICED_S = 5.0  # of nothing getting through, with traffic, until the page says so
LINGERS_S = 12.0  # after a healing: calls that probe, and a mode that ends without haste
ASKED_MIN = 8  # operations in that time that need what is unreachable


def _examine(history: History, objectives: Objectives) -> Findings:
    told = samples(history, MODES)
    found = [*said_wrong(history, objectives), *times_wrong(history, objectives)]
    for event in told:
        for operation, mode in event.v[MODES].items():
            if mode in OF_NO_PARTY:
                continue
            roles = objectives.system.degradation.get(operation, {})
            wrongs = _wrong(event, operation, mode, roles, history, objectives)
            found += [bad(event.t_s, wrong, [event.i], operation=operation) for wrong in wrongs]
    return Findings(
        examined=len(told),
        bad=found,
        details={"degraded": sum(set(e.v[MODES].values()) != {FULL} for e in told)},
        missing="" if told else "nobody asked for the status page",
    )


def _wrong(
    event: Event,
    operation: str,
    mode: str,
    roles: Mapping[str, Mapping[str, str]],
    history: History,
    objectives: Objectives,
) -> Iterator[str]:
    at = f"the status page calls {operation} {mode} at {event.t_s:.2f} s"
    if mode == FULL:
        for role in roles.keys() - UNTOLD:
            if "all" in roles[role] and (why := _away(event, role, operation, history, objectives)):
                yield f"{at}, while {why} and every {role} is unreachable"
        return
    since_s = event.t_s - LINGERS_S
    if not any(
        _explains(touched(history, objectives, role, since_s, event.t_s), cells, role, objectives)
        for role, cells in roles.items()
    ) and not touched(history, objectives, "", since_s, event.t_s):
        yield f"{at}, and nothing that it depends on was broken for {LINGERS_S:g} s"
    breakers = event.v.get(BREAKERS, {})
    names = [name for role in roles for name in objectives.system.playing(role)]
    if breakers and event.t_s > LINGERS_S and not _open_lately(event, names, history):
        yield f"{at}, and no breaker of {', '.join(names)} was open for {LINGERS_S:g} s"


def _away(event: Event, role: str, operation: str, history: History, objectives: Objectives) -> str:
    """What surely keeps everybody of a role away for so long that it was noticed; "" for not."""
    since_s = event.t_s - NOTICED_S
    names = objectives.system.playing(role)
    cuts = [cut(history, objectives, name, since_s, event.t_s) for name in names]
    if not cuts or not all(cuts):
        return ""
    ops = list(history.ops("submit" if operation == "disburse" else operation))
    last = bisect_right(ops, event.t_s - 1.0, key=_begun_s)
    if last - bisect_left(ops, since_s, key=_begun_s) < ASKED_MIN:
        return ""
    return " and ".join(f"{one.fault} at {one.where}" for one in cuts if one)


def _begun_s(op: Op) -> float:
    return op.t_invoke_s


def _explains(
    broken: set[str], cells: Mapping[str, str], role: str, objectives: Objectives
) -> bool:
    everybody = broken.issuperset(objectives.system.playing(role))
    return bool(broken) and cells.get("all" if everybody else "one", FULL) != FULL


def _open_lately(event: Event, names: list[str], history: History) -> bool:
    return any(
        before.v[BREAKERS].get(name, CLOSED) != CLOSED
        for before in samples(history, BREAKERS)
        if event.t_s - LINGERS_S <= before.t_s <= event.t_s
        for name in names
    )


INVARIANT = Invariant(
    name="status_page_is_true",
    ids=("U7",),
    claim="No operation is declared degraded while nothing that it depends on is or just was "
    "broken, and none is declared whole while everybody whom it needs has been away for 5 s; what "
    "is degraded has a true reason and a time of the next word, and each mode began when it did.",
    examine=_examine,
    timed=True,
)
