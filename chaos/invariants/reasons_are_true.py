"""U3: whoever waits, or has waited too long, is told the true reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaos.invariants._finding import Findings, Invariant
from chaos.invariants._operator import CUTS, is_touched
from chaos.invariants._rules_told import LAG_S, of_whom, rules_wrong
from chaos.lending import DATABASE, FUNDER, GATEWAY, POLICY, RISK_ENGINE, TERMINAL
from harness.history import History
from harness.model import Objectives, Op, Outcome

BLAMES: Mapping[str, str] = {
    "risk_down": RISK_ENGINE,
    "segment_refused": RISK_ENGINE,
    "funding_down": FUNDER,
    "quota_used_up": FUNDER,
    "funding_unclear": FUNDER,
    "payment_down": GATEWAY,
    "policy_unknown": POLICY,
}
"""Reason code -> role of whoever is said to be the cause."""

SHORT = frozenset({"quota_gone", "quota_cut", "oversold"})
NOT_BY: Mapping[str, frozenset[str]] = {
    "funding_down": SHORT,
    "quota_used_up": CUTS,
    "funding_unclear": SHORT,
    "policy_unknown": frozenset({"suspend"}),
}
"""Reason code -> faults that cannot be the cause: a plain no leaves nothing unclear, and a rule
that is told is known; nor does anybody who says that it has nothing left give no answer, or the
other way round."""


def _examine(history: History, objectives: Objectives) -> Findings:
    reads = list(history.ops("application", outcome=Outcome.OK))
    blaming = [op for op in reads if op.value.get("reason_code") in BLAMES]
    found = [of_whom(op, wrong) for op in blaming if (wrong := _blames(op, history, objectives))]
    found += [*rules_wrong(reads, history, objectives), *_same_words(reads)]
    return Findings(examined=len(reads), bad=found, details={"blaming": len(blaming)})


def _blames(op: Op, history: History, objectives: Objectives) -> str:
    """Whether what is named as the cause was in order, and whatever lies before it."""
    reason = str(op.value["reason_code"])
    roles, since_s = (BLAMES[reason], DATABASE, ""), op.t_invoke_s - LAG_S
    cannot = NOT_BY.get(reason, frozenset())
    broken = is_touched(history, objectives, roles, since_s, op.last_s, cannot)
    return "" if broken else f"waits for {reason}, and nothing there is broken"


def _same_words(reads: list[Op]) -> Iterator[Mapping[str, object]]:
    """Whether a reason has other words than before, or one of an end those of another end."""
    words: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for op in reads:
        reason, text = op.value.get("reason_code"), op.value.get("message")
        if not reason or not text:
            continue
        if words.setdefault(reason, text) != text:
            yield of_whom(op, f"says {text!r} for {reason}, and others read {words[reason]!r}")
        ended = op.value.get("status") in TERMINAL
        if ended and reasons.setdefault(text, reason) != reason:
            yield of_whom(op, f"has ended as {reason} in the words of {reasons[text]}: {text!r}")


INVARIANT = Invariant(
    name="reasons_are_true",
    ids=("U3",),
    claim="Nobody waits for a third party that is in order; who has waited too long for a rule to "
    "be lifted, and nobody else, is told so; each reason has words of its own.",
    examine=_examine,
    timed=True,
    of=("submit",),
)
