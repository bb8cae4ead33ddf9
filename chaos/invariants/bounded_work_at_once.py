"""R8: work of one kind holds no more of a third party's attention at a time than declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._kept_calls import began_s
from chaos.invariants._operator import is_touched
from chaos.invariants._silent import none_faulted
from harness.history import Event, History
from harness.model import Objectives

LATE_S = 0.1
"""A call begins so much later there than here, and is given up so much earlier; chosen."""


def _examine(history: History, objectives: Objectives) -> Findings:
    declared: Mapping[str, int] = objectives.contract.get("calls_at_once", {})
    if not declared:
        return Findings(0, missing="the contract declares no bound of calls at once")
    wait_s = float(objectives.contract.get("breaker", {}).get("call_timeout_s", 0.0)) - LATE_S
    groups: dict[tuple[str, str], list[Event]] = {}
    for call in history.of("calls"):
        if call.f in declared:
            groups.setdefault((call.p, call.f), []).append(call)
    found, most = [], {}
    for (name, f), calls in groups.items():
        held = _at_once(calls, wait_s)
        most[f"{f} at {name}"] = len(held)
        t_s = max(began_s(one) for one in held)
        if len(held) > declared[f] and not is_touched(history, objectives, ("",), 0.0, t_s):
            what = f"{len(held)} calls of {f} were under way at {name} at {t_s:.2f} s, declared "
            found.append(bad(t_s, f"{what}{declared[f]}", [one.i for one in held], where=name))
    return Findings(examined=sum(map(len, groups.values())), bad=found, details={"most": most})


def _at_once(calls: Sequence[Event], wait_s: float) -> list[Event]:
    """The largest group that was under way together, for as long as the caller surely waited."""
    most: list[Event] = []
    going: list[Event] = []
    for call in sorted(calls, key=began_s):
        now_s = began_s(call)
        going = [one for one in going if min(one.t_s, began_s(one) + wait_s) > now_s]
        going.append(call)
        most = max(most, list(going), key=len)
    return most


INVARIANT = Invariant(
    name="bounded_work_at_once",
    ids=("R8",),
    claim="No third party has more calls of one kind under way at a time than the service declares "
    "to work on, however many wait.",
    examine=_examine,
    timed=True,
    silent=none_faulted,
)
