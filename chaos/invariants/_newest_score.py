"""What the risk engine said last of a borrower, against what a stand-in decision went by.

application decided by the engine ──shown, or acted upon──> its score is known
                                                              └─ later application ──> goes by it
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chaos.invariants._approvals import Approval
from harness.history import Event, History

DAY_S = 86_400.0
SLACK_S = 5.0
"""How much later than in the engine's ledger a score may have been written down; chosen."""


def outdated(
    found: Sequence[Approval], caps: Mapping[str, Any], history: History
) -> Iterator[tuple[Approval, str]]:
    """Stand-in decisions that go by another score than the newest, and why that is wrong.

    Nobody outside sees when a decision is made. It is later than the borrower's request, so that
    only what was known before that request counts.
    """
    scores: defaultdict[str, list[Event]] = defaultdict(list)
    for event in history.ledger("score"):
        scores[str(event.v.get("borrower"))].append(event)
    known_s: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for one in found:
        own = [e.t_s for e in scores[one.borrower] if e.k == one.read.k]
        if own and one.scored_before and not one.labelled:
            known_s[one.borrower].append((one.t_s, own[0]))
    asked_s = _asked_s(history)
    for one in (one for one in found if one.labelled):
        begun_s = asked_s.get(one.read.k, 0.0)
        scored_s = [at_s for t_s, at_s in known_s[one.borrower] if t_s < begun_s]
        if not scored_s:
            continue
        told = (one.read.value.get("decision") or {}).get("score_age_days", 0.0)
        age_s = one.t_s - max(scored_s) + SLACK_S
        if told * DAY_S > age_s:
            yield one, f"approved by a score {told:g} days old, and a newer one was known"
        said = [e.v.get("score") for e in scores[one.borrower] if e.t_s <= one.t_s]
        numbers = [n for n in said if isinstance(n, int)]
        lowest = int(caps.get("score_min", 0))
        if len(numbers) == len(said) and max(numbers) < lowest:
            yield one, f"approved without a score, and the newest one was {numbers[-1]}"


def _asked_s(history: History) -> dict[str, float]:
    """Application -> when it was first asked for."""
    first: dict[str, float] = {}
    for op in history.ops("submit"):
        first.setdefault(str(op.value.get("application_id")), op.t_invoke_s)
    return first
