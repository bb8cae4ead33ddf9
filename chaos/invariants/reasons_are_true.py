"""U3: whoever waits, or has waited too long, is told the true reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._policies import business, limit_s, periods
from chaos.lending import DATABASE, FUNDER, GATEWAY, POLICY, REFUSED, RISK_ENGINE, TERMINAL
from harness.history import History
from harness.model import Objectives, Op, Outcome

BLAMES: Mapping[str, str] = {
    "risk_down": RISK_ENGINE,
    "segment_refused": RISK_ENGINE,
    "funding_down": FUNDER,
    "funding_unclear": FUNDER,
    "payment_down": GATEWAY,
    "policy_unknown": POLICY,
}
"""Reason code -> role of whoever is said to be the cause."""

NOT_BY: Mapping[str, frozenset[str]] = {"funding_unclear": frozenset({"quota_gone"})}
"""Reason code -> faults that cannot be the cause: an answer that is a plain no leaves nothing
unclear."""

LAG_S = 15.0
"""How long after a healing work may still wait for its next try; chosen."""

TOLD_S = 2.0
"""From the end to the word on it; chosen."""

EXPIRED, SUSPENDED = "expired", "suspended_expired"


def _examine(history: History, objectives: Objectives) -> Findings:
    reads = list(history.ops("application", outcome=Outcome.OK))
    blaming = [op for op in reads if op.value.get("reason_code") in BLAMES]
    found = [_bad(op, wrong) for op in blaming if (wrong := _blames(op, history, objectives))]
    found += [*_expired(reads, history, objectives), *_same_words(reads)]
    return Findings(examined=len(reads), bad=found, details={"blaming": len(blaming)})


def _blames(op: Op, history: History, objectives: Objectives) -> str:
    """Whether what is named as the cause was in order, and whatever lies before it."""
    reason = str(op.value["reason_code"])
    roles, since_s = (BLAMES[reason], DATABASE, ""), op.t_invoke_s - LAG_S
    cannot = NOT_BY.get(reason, frozenset())
    broken = any(
        objectives.system.role_at(window.where) in roles
        for window in history.windows
        if window.fault not in cannot and window.overlaps(since_s, op.last_s)
    )
    return "" if broken else f"waits for {reason}, and nothing there is broken"


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
            yield _bad(op, f"has ended as {reason} at {t_s:.2f} s, and a rule {told}")


def _same_words(reads: list[Op]) -> Iterator[Mapping[str, object]]:
    """Whether a reason has other words than before, or one of an end those of another end."""
    words: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for op in reads:
        reason, text = op.value.get("reason_code"), op.value.get("message")
        if not reason or not text:
            continue
        if words.setdefault(reason, text) != text:
            yield _bad(op, f"says {text!r} for {reason}, and others read {words[reason]!r}")
        ended = op.value.get("status") in TERMINAL
        if ended and reasons.setdefault(text, reason) != reason:
            yield _bad(op, f"has ended as {reason} in the words of {reasons[text]}: {text!r}")


def _bad(op: Op, wrong: str) -> Mapping[str, object]:
    what = f"application {op.k} {wrong} (read at {op.last_s:.2f} s)"
    return bad(op.last_s, what, [op.index], application_id=op.k)


INVARIANT = Invariant(
    name="reasons_are_true",
    ids=("U3",),
    claim="Nobody waits for a third party that is in order; who has waited too long for a rule to "
    "be lifted, and nobody else, is told so; each reason has words of its own.",
    examine=_examine,
    of=("submit",),
)
