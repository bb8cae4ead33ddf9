"""U8: whoever applied or repaid is told how it ended, as soon as there is a way to tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._views import entries, final_reads, last_heal_s
from chaos.lending import NOTIFIER, TERMINAL
from harness.history import Event, History
from harness.model import Objectives, Op, Outcome

WITHIN_S = 10.0
"""How long the word may take after the end, and after the last healing; chosen, not measured."""

ENDS = {"application": TERMINAL, "repayment": frozenset({"credited", "failed"})}


def _examine(history: History, objectives: Objectives) -> Findings:
    messages = _messages(history, objectives)
    looked_s = _looked_s(history, objectives)
    found, examined, early = [], 0, 0
    for f, ends in ENDS.items():
        ended_s = _ended_s(history, f)
        for k, op in final_reads(history, f).items():
            if (status := str(op.value.get("status"))) not in ends:
                continue
            due_s = max(ended_s[k], last_heal_s(history) or 0.0) + WITHIN_S
            wrong = _wrong(op, status, [e for e in messages[k] if e.v.get("status") in ends])
            if wrong == UNTOLD and due_s > looked_s:
                early += 1
                continue
            examined += 1
            if wrong:
                told = [op.index, *(e.i for e in messages[k])]
                what = f"{f} {k} is {status} since {ended_s[k]:.2f} s, and its borrower {wrong}"
                found.append(bad(min(due_s, looked_s), what, told, id=k, status=status))
    return Findings(
        examined=examined,
        bad=found,
        details={"messages": sum(map(len, messages.values())), "early": early},
    )


UNTOLD = "was not told"


def _wrong(op: Op, status: str, told: list[Event]) -> str:
    """What is wrong with the words on how it ended; "" when nothing is."""
    borrower = op.value.get("borrower")
    for event in told:
        if event.v.get("status") != status:
            return f"was told {event.v.get('status')} at {event.t_s:.2f} s"
        if borrower is not None and event.v.get("to") != borrower:
            return f"{borrower} was not: {event.v.get('to')} was, at {event.t_s:.2f} s"
        shown = op.value.get("message")
        if shown and event.v.get("text", shown) != shown:
            return f"was told {event.v.get('text')!r}, and reads {shown!r}"
    if len(told) > 1:
        return f"was told {status} {len(told)} times, the last time at {told[-1].t_s:.2f} s"
    return "" if told else UNTOLD


def _messages(history: History, objectives: Objectives) -> Mapping[str, list[Event]]:
    return entries(history, "message", objectives.system.playing(NOTIFIER))


def _looked_s(history: History, objectives: Objectives) -> float:
    """When the transcripts were read: what was sent afterwards is not in them."""
    providers = objectives.system.playing(NOTIFIER)
    read = (e.t_s for e in history.of("clock") if e.f == "ledger" and e.p in providers)
    return min(read, default=0.0)


def _ended_s(history: History, f: str) -> Mapping[str, Any]:
    """When each first read as ended."""
    ended: dict[str, float] = {}
    for op in history.ops(f, outcome=Outcome.OK):
        if op.value.get("status") in ENDS[f]:
            t_s = op.last_s
            ended[op.k] = min(t_s, ended.get(op.k, t_s))
    return ended


INVARIANT = Invariant(
    name="borrowers_told",
    ids=("U8",),
    claim="Whoever's application or repayment has ended is told how, once, in the words that are "
    "shown, and nothing else, within 10 s of its end and of the last healing.",
    examine=_examine,
    timed=True,
    roles=(NOTIFIER,),
    ledgers=(NOTIFIER,),
    of=("submit", "repay"),
)
