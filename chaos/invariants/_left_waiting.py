"""Who waits for the risk engine although the stand-in could decide: a fallback has to be served."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

from chaos.invariants._approvals import Approval
from chaos.invariants._finding import bad, money
from chaos.invariants._operator import is_touched
from chaos.lending import DATABASE
from harness.history import History
from harness.model import Objectives, Op, Outcome

WAITING, WHY = "queued_degraded", "risk_down"

# The figures of this block are chosen, not measured.
SPARE = 5  # decisions that are made and not to be seen yet
LINGERS_S = 5.0  # after trouble of our own


def left_waiting(
    history: History, alone: list[Approval], caps: Mapping[str, Any], objectives: Objectives
) -> Iterator[Mapping[str, object]]:
    """A known customer, with one wish that is inside of every cap, who is told to wait."""
    if not caps:
        return
    scored_s: dict[str, float] = {}
    for event in history.ledger("score"):
        scored_s.setdefault(str(event.v.get("borrower")), event.t_s)
    wishes = {op.k: str(op.request.get("borrower")) for op in history.ops("submit")}
    of_each = Counter(wishes.values())
    for op in history.ops("application", outcome=Outcome.OK):
        said, who = op.value, str(op.value.get("borrower"))
        if (
            (said.get("status"), said.get("reason_code")) == (WAITING, WHY)
            and who.startswith(str(caps.get("existing_prefix", "b-")))
            and who not in caps.get("not_for", ())
            and of_each[who] == 1
            and scored_s.get(who, inf) > op.last_s
            and _has_room(op, alone, caps)
            and not is_touched(
                history, objectives, ("", DATABASE), op.last_s - LINGERS_S, op.last_s
            )
        ):
            what = f"application {op.k} of {who}, {money(said.get('amount_minor'))}, is told at "
            what += f"{op.last_s:.2f} s to wait, and a stand-in decision is inside of every cap"
            yield bad(op.last_s, what, [op.index], application_id=op.k, borrower=who)


def _has_room(op: Op, alone: list[Approval], caps: Mapping[str, Any]) -> bool:
    wanted = int(op.value.get("amount_minor") or 0)
    most = int(caps.get("amount_minor_max", 0))
    before = [one.amount_minor for one in alone if one.t_s <= op.last_s + LINGERS_S]
    return (
        wanted <= min(most, int(caps.get("user_amount_minor_max", most)))
        and len(before) + SPARE < int(caps.get("global_count_max", 0))
        and sum(before) + SPARE * most < int(caps.get("global_amount_minor_max", 0))
    )
