"""U2: a payout that nobody confirms becomes a case for people, in time and not at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._operator import is_touched
from chaos.invariants._views import acknowledged
from chaos.lending import DATABASE, GATEWAY, NOTIFIER
from harness.history import Event, History
from harness.model import Objectives, Outcome

UNKNOWN, MANUAL = "payment_unknown", "manual"
SETTLED_S = 5.0
"""After the last trouble of its gateway: asking then takes no longer than usual; chosen."""

Seen = list[tuple[float, str, int]]
"""Instant, status, event; in order."""


def _examine(history: History, objectives: Objectives) -> Findings:
    declared = objectives.contract.get("people", {})
    begun_s = {k: op.last_s for k, op in acknowledged(history, "submit", "application_id").items()}
    seen, paid_s = _seen(history), _paid_s(history)
    found: list[Mapping[str, object]] = []
    for k, t_s in begun_s.items() if declared else ():
        found += _early(k, t_s, seen[k], declared["after_s"])
        until_s = paid_s.get(k, 0.0)
        found += _late(k, seen[k], until_s, declared["within_s"], history, objectives)
    return Findings(
        examined=len(begun_s),
        bad=found,
        details={"with_people": sum(MANUAL in [s for _, s, _ in one] for one in seen.values())},
        missing="" if declared else "the contract declares not when people take over",
    )


def _seen(history: History) -> Mapping[str, Seen]:
    """What was said of each application, in reads and in messages."""
    seen: defaultdict[str, Seen] = defaultdict(list)
    for op in history.ops("application", outcome=Outcome.OK):
        seen[op.k].append((op.last_s, str(op.value.get("status")), op.index))
    for event in history.ledger("message"):
        seen[event.k].append((event.t_s, str(event.v.get("status")), event.i))
    for one in seen.values():
        one.sort()
    return seen


def _paid_s(history: History) -> Mapping[str, float]:
    """When the one gateway that did anything for an application paid out."""
    loans = {
        str(op.value["loan_id"]): op.k
        for op in history.ops("application", outcome=Outcome.OK)
        if op.value.get("loan_id")
    }
    entries: defaultdict[str, list[Event]] = defaultdict(list)
    for event in history.ledger("payout"):
        if event.v.get("open") and event.v.get("status") == "PROCESSING":
            continue
        entries[loans.get(event.k, "")].append(event)
    return {
        k: one[0].t_s
        for k, one in entries.items()
        if len(one) == 1 and one[0].v.get("status") == "SUCCESS"
    }


def _early(k: str, t_s: float, seen: Seen, after_s: float) -> Iterator[Mapping[str, object]]:
    for at_s, status, index in seen:
        if status == MANUAL and at_s - t_s < after_s:
            what = f"application {k} is left to people after {at_s - t_s:.2f} s, at {at_s:.2f} s"
            yield bad(at_s, f"{what}, declared {after_s:g} s at least", [index], application_id=k)
            return


def _late(
    k: str, seen: Seen, paid_s: float, within_s: float, history: History, objectives: Objectives
) -> Iterator[Mapping[str, object]]:
    """Whether it was unknown for so long while asking was possible."""
    unknown = [(t_s, index) for t_s, status, index in seen if status == UNKNOWN]
    if not unknown or any(status == MANUAL for _, status, _ in seen):
        return
    since_s, until_s = unknown[0][0], max(unknown[-1][0], paid_s)
    roles = (GATEWAY, DATABASE, NOTIFIER, "")
    if until_s - since_s > within_s and not is_touched(
        history, objectives, roles, since_s + SETTLED_S, until_s
    ):
        what = f"application {k} is {UNKNOWN} from {since_s:.2f} s to {until_s:.2f} s, and no"
        events = [index for _, index in unknown]
        yield bad(until_s, f"{what} colleague looks into it", events, application_id=k)


INVARIANT = Invariant(
    name="people_take_over",
    ids=("U2",),
    claim="A payout that nobody confirms is left to people within the declared time, and not "
    "before it.",
    examine=_examine,
    timed=True,
    roles=(GATEWAY,),
    of=("submit",),
)
