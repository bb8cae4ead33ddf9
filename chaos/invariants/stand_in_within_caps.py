"""M6: whoever was approved without the risk engine was approved within declared limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

from chaos.invariants._approvals import Approval, approvals
from chaos.invariants._finding import Findings, Invariant, bad, missing, money
from chaos.invariants._left_waiting import left_waiting
from chaos.invariants._newest_score import outdated
from chaos.lending import FUNDER, RISK_ENGINE
from harness.history import History
from harness.model import Objectives


def _examine(history: History, objectives: Objectives) -> Findings:
    system = objectives.system
    found = sorted(approvals(history, system), key=lambda one: (one.t_s, one.read.k))
    alone = [one for one in found if one.labelled or not one.scored_before]
    caps = objectives.contract.get("stand_in", {})
    known_days = float(objectives.contract.get("book", {}).get("score_days", 0.0))
    untried = any(system.role_at(w.where) == RISK_ENGINE for w in history.windows) and not alone
    return Findings(
        examined=len(alone) or len(found),
        bad=[
            *_wrong(alone, caps),
            *_not_for(alone, caps, known_days, history),
            *_beyond(alone, caps),
            *(_bad(one, why) for one, why in outdated(found, caps, history)),
            *left_waiting(history, alone, caps, objectives),
        ],
        details={
            "approved": len(found),
            "stand_in": len(alone),
            "stand_in_minor": sum(one.amount_minor for one in alone),
        },
        missing=missing(
            "the risk engine was faulted, but nothing was approved without it" if untried else "",
            "no caps declared for stand-in decisions" if alone and not caps else "",
        ),
    )


def _wrong(alone: list[Approval], caps: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    prefix = str(caps.get("existing_prefix", "b-"))
    for one in alone:
        known = one.borrower.startswith(prefix)
        reasons = {
            "approved without a score and without a label": not one.labelled,
            f"approved without a score for a new borrower ({one.borrower})": not known,
            "approved without a score and never scored afterwards": not one.rescored,
        }
        for reason in (text for text, holds in reasons.items() if holds):
            yield _bad(one, reason)


def _not_for(
    alone: list[Approval], caps: Mapping[str, Any], known_days: float, history: History
) -> Iterator[Mapping[str, object]]:
    """Those whose last known score is too low or too old, or older than is told, unless a new one
    came meanwhile."""
    scored_s: dict[str, float] = {}
    for event in history.ledger("score"):
        scored_s.setdefault(str(event.v.get("borrower")), event.t_s)
    for one in (one for one in alone if scored_s.get(one.borrower, inf) > one.t_s):
        told = (one.read.value.get("decision") or {}).get("score_age_days", known_days)
        if one.borrower in caps.get("not_for", ()):
            yield _bad(one, f"approved without a score for {one.borrower}, for whom it is not")
        elif one.labelled and told < known_days:
            yield _bad(one, f"approved by a score called {told:g} days old, of {known_days:g} days")


def _beyond(alone: list[Approval], caps: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    count: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for one in alone:
        for who in (one.borrower, "*"):
            count[who] += 1
            total[who] += one.amount_minor
        used = {
            "amount_minor_max": one.amount_minor,
            "user_count_max": count[one.borrower],
            "user_amount_minor_max": total[one.borrower],
            "global_count_max": count["*"],
            "global_amount_minor_max": total["*"],
        }
        for cap, value in used.items():
            if cap in caps and value > caps[cap]:
                yield _bad(one, f"stand-in decision beyond {cap}: {value:,} of {caps[cap]:,}")


def _bad(one: Approval, reason: str) -> Mapping[str, object]:
    what = f"application {one.read.k}, {money(one.amount_minor)}, {one.t_s:.2f} s: {reason}"
    return bad(one.t_s, what, [one.read.index], application_id=one.read.k, borrower=one.borrower)


INVARIANT = Invariant(
    name="stand_in_within_caps",
    ids=("M6",),
    claim="Each approval without a score of the risk engine is labelled, for an existing borrower, "
    "by the newest score known, a usable one, within the caps, and scored afterwards; whoever is "
    "surely within them does not wait.",
    examine=_examine,
    roles=(RISK_ENGINE,),
    ledgers=(RISK_ENGINE, FUNDER),
    of=("submit",),
)
