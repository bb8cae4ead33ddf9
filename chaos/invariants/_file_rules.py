"""What a fault says of every file that is asked for while it lasts, and of which kind that is."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from chaos.lending import FILE
from harness.history import History
from harness.model import FaultWindow

KINDS = {
    "missing": "missing_with_them",
    "doubled": "doubled",
    "amount": "amount_differs",
}
"""Form of a wrong line -> the kind of break that it is."""

NOT_WHOLE, LATE = "not_whole", "late"
SPOILED = "file_spoiled"
NOT_GIVEN = frozenset({"error", "error_after", "reply_lost", "request_lost"})


def file_rule(window: FaultWindow, history: History) -> Mapping[str, Any] | None:
    """What a fault set for every file that is asked for, or None."""
    looks = (
        event.v.get("state", {}).get("rules", ())
        for event in history.of("nemesis")
        if (event.f, event.k) == (window.fault, window.where)
        and window.t_inject_s <= event.t_s <= window.t_heal_s
    )
    for rule in chain.from_iterable(looks):
        own = rule["id"].partition("@")[0] == window.fault and rule["op"] == FILE
        if own and rule["share"] >= 1.0 and rule["first"] == 1 and rule["last"] is None:
            found: Mapping[str, Any] = rule
            return found
    return None


def kind_of(rule: Mapping[str, Any]) -> str:
    """Of the breaks that this comes to; "" for none."""
    if rule["effect"] == SPOILED:
        fitting = rule["args"]["totals"] == "fitting"
        return KINDS[rule["args"]["form"]] if fitting else NOT_WHOLE
    return LATE if rule["effect"] in NOT_GIVEN else ""
