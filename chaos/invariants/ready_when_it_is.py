"""R12: whoever asks whether the service is ready learns whether its records can be reached."""

from __future__ import annotations

from collections.abc import Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._operator import cut, samples, touched
from chaos.lending import DATABASE
from harness.history import Event, History
from harness.model import Objectives

READY = "Ready"
YES = "yes"
ASKED_S = 2.0
"""How long before it was told an answer may have been made; chosen."""

BACK_S = 5.0
"""After a healing: connections are made anew; chosen."""


def _examine(history: History, objectives: Objectives) -> Findings:
    told = samples(history, READY)
    found = [_bad(event, wrong) for event in told if (wrong := _wrong(event, history, objectives))]
    red = sum(YES not in event.v[READY].values() for event in told)
    return Findings(
        examined=len(told),
        bad=found,
        details={"asked": len(told), "not_ready": red},
        missing="" if told else "nobody asked whether it is ready",
    )


def _wrong(event: Event, history: History, objectives: Objectives) -> str:
    stores = objectives.system.playing(DATABASE)
    if YES in event.v[READY].values():
        since_s = event.t_s - ASKED_S
        cuts = [cut(history, objectives, store, since_s, event.t_s) for store in stores]
        if not cuts or not all(cuts):
            return ""
        return f"is called ready while {' and '.join(f'{w.fault} at {w.where}' for w in cuts if w)}"
    since_s = event.t_s - BACK_S
    if any(touched(history, objectives, role, since_s, event.t_s) for role in (DATABASE, "")):
        return ""
    return "is called not ready, and neither it nor its records are broken"


def _bad(event: Event, wrong: str) -> Mapping[str, object]:
    return bad(event.t_s, f"the service {wrong} ({event.t_s:.2f} s)", [event.i])


INVARIANT = Invariant(
    name="ready_when_it_is",
    ids=("R12",),
    claim="The service calls itself ready while its records can be reached, and not while they "
    "cannot.",
    examine=_examine,
    timed=True,
    roles=(DATABASE,),
)
