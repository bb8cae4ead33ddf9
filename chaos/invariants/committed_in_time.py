"""M5: a funder is told soon that its money was paid out, whatever is wrong with others."""

from __future__ import annotations

from collections.abc import Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._operator import is_touched, touched
from chaos.invariants._views import entries
from chaos.lending import DATABASE, FUNDER, PAID_OUT
from harness.history import Event, History
from harness.model import Objectives, Op, Outcome

WITHIN_S = 5.0
"""From the word that it is active to the word to its funder; chosen."""


def _examine(history: History, objectives: Objectives) -> Findings:
    system = objectives.system
    committed = entries(history, "commit", system.playing(FUNDER))
    active: dict[str, Op] = {}
    for op in history.ops("application", outcome=Outcome.OK):
        if op.value.get("status") in PAID_OUT:
            active.setdefault(op.k, op)
    both = [(op, committed[k][0]) for k, op in active.items() if committed[k]]
    found = [_bad(*one) for one in both if _late(*one, history, objectives)]
    return Findings(examined=len(both), bad=found, details={"committed": len(both)})


def _late(read: Op, commit: Event, history: History, objectives: Objectives) -> bool:
    """Whether it came late, with its own funder and the service's own parts in order."""
    since_s, t_s = read.last_s, commit.t_s
    return (
        t_s - since_s > WITHIN_S
        and commit.p not in touched(history, objectives, FUNDER, since_s, t_s)
        and not is_touched(history, objectives, (DATABASE, ""), since_s, t_s)
    )


def _bad(read: Op, commit: Event) -> Mapping[str, object]:
    what = f"application {read.k} was active at {read.last_s:.2f} s, and {commit.p} learned it at "
    events = [read.index, commit.i]
    return bad(commit.t_s, f"{what}{commit.t_s:.2f} s", events, application_id=read.k)


INVARIANT = Invariant(
    name="committed_in_time",
    ids=("M5", "R8"),
    claim="A funder that is not broken learns within 5 s of an application that is active that its "
    "money was paid out, whoever else is broken.",
    examine=_examine,
    timed=True,
    roles=(FUNDER,),
    ledgers=(FUNDER,),
    of=("submit",),
)
