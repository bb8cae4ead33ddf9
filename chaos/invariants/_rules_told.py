"""Who is told that a rule holds up an application, or has held it up to its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaos.invariants._finding import bad
from chaos.invariants._policies import business, limit_s, periods
from chaos.lending import FUNDER, REFUSED
from harness.history import History
from harness.model import Objectives, Op

LAG_S = 15.0
"""How long after a healing work may still wait for its next try; chosen."""

TOLD_S = 2.0
"""From the end to the word on it; chosen."""

EXPIRED, SUSPENDED, WAITS = "expired", "suspended_expired", "suspended"


def rules_wrong(
    reads: list[Op], history: History, objectives: Objectives
) -> Iterator[Mapping[str, object]]:
    """Those who wait for a rule that is none, and those who are told the wrong cause of an end."""
    yield from _no_rule(reads, history, objectives)
    yield from _expired(reads, history, objectives)


def _no_rule(
    reads: list[Op], history: History, objectives: Objectives
) -> Iterator[Mapping[str, object]]:
    """Told to wait for a rule, and lately none was of this business, nor of a funder."""
    known, whose = periods(history, objectives), business(history)
    partners = (None, *objectives.system.playing(FUNDER))
    for op in reads:
        if op.value.get("reason_code") != WAITS or op.k not in whose:
            continue
        lately = [one for one in known if one.t_from_s <= op.last_s < one.t_to_s + LAG_S]
        if not any(one.holds(whose[op.k], partner) for one in lately for partner in partners):
            yield of_whom(op, "waits for a rule to be lifted, and none held it")


def _expired(
    reads: list[Op], history: History, objectives: Objectives
) -> Iterator[Mapping[str, object]]:
    """Whether what held it up to its end, as far as its borrower was told of it, was a rule."""
    within_s = limit_s(objectives, "effective_within_s", LAG_S) + TOLD_S
    known, whose = periods(history, objectives), business(history)
    ended_s: dict[str, float] = {}
    for event in history.ledger("message"):
        if event.v.get("status") in REFUSED:
            ended_s.setdefault(event.k, event.t_s)
    for op in reads:
        reason, t_s = op.value.get("reason_code"), ended_s.get(op.k)
        if reason not in (EXPIRED, SUSPENDED) or t_s is None or op.k not in whose:
            continue
        rules = [one for one in known if one.holds(whose[op.k]) and one.t_from_s <= t_s]
        held = any(one.is_in_force(t_s, within_s) for one in rules)
        if (reason == EXPIRED and held) or (reason == SUSPENDED and not rules):
            told = "held it" if held else "never held it"
            yield of_whom(op, f"has ended as {reason} at {t_s:.2f} s, and a rule {told}")


def of_whom(op: Op, wrong: str) -> Mapping[str, object]:
    """A counterexample: what is wrong with what an application was read to say."""
    what = f"application {op.k} {wrong} (read at {op.last_s:.2f} s)"
    return bad(op.last_s, what, [op.index], application_id=op.k)
