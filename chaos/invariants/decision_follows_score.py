"""U10: a yes or a no is the risk engine's own, or is labelled as somebody else's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaos.invariants._approvals import APPROVED
from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._views import entries
from chaos.lending import RISK_ENGINE
from harness.history import Event, History
from harness.model import Objectives, Op, Outcome

SCORE_MAX = 1000
BUSY = ("busy", "later", "again", "unavailable", "at present", "temporar")
"""Words of trouble that passes."""
EXPIRED = ("expired", "suspended_expired")


def _examine(history: History, objectives: Objectives) -> Findings:
    scores = entries(history, "score", objectives.system.playing(RISK_ENGINE))
    reads = [op for op in history.ops("application", outcome=Outcome.OK) if _is_decided(op)]
    oldest_days = objectives.contract.get("stand_in", {}).get("score_age_days_max")
    found = [
        _bad(op, wrong, scores[op.k])
        for op in reads
        for wrong in (*_wrong(op, scores[op.k]), *_old(op, oldest_days), *_busy(op))
    ]
    declined = sum(1 for op in reads if op.value.get("status") == "declined")
    return Findings(
        examined=len(reads), bad=found, details={"decided": len(reads), "declined": declined}
    )


def _is_decided(op: Op) -> bool:
    status = op.value.get("status")
    reversing = status in ("reversing", "reversed")
    return status == "declined" or (status in APPROVED and not reversing)


def _wrong(op: Op, scores: list[Event]) -> Iterator[str]:
    status, decision = op.value.get("status"), op.value.get("decision") or {}
    said = {entry.v.get("decision") for entry in scores if entry.t_s <= (op.t_end_s or 0.0)}
    usable = {e.v.get("decision") for e in scores if _is_score(e.v.get("score"))}
    if status == "declined":
        if op.value.get("reason_code") not in EXPIRED and "decline" not in said:
            yield f"is declined, and the risk engine said {_words(said)}"
        return
    if decision.get("by") == "stand_in":
        return
    if "approve" not in said:
        yield f"is {status}, not by the stand-in, and the risk engine said {_words(said)}"
    elif "approve" not in usable:
        yield f"is {status} by a score that is none: {[e.v.get('score') for e in scores]}"


def _old(op: Op, oldest_days: float | None) -> Iterator[str]:
    """Whether the score that it was decided by is older than declared."""
    decision = op.value.get("decision") or {}
    age = decision.get("score_age_days")
    if not isinstance(age, int | float):
        return
    if decision.get("by") == "model" and age != 0:
        yield f"is decided by the engine's own score, called {age:g} days old"
    if age < 0 or (oldest_days is not None and age > oldest_days):
        yield f"is decided by a score that is {age:g} days old"


def _busy(op: Op) -> Iterator[str]:
    """Whether a decision reads like trouble that passes."""
    told = str(op.value.get("message") or "").lower()
    decided = op.value.get("status") == "declined" and op.value.get("reason_code") not in EXPIRED
    if decided and (words := [word for word in BUSY if word in told]):
        yield f"is declined by decision, and reads like trouble: {', '.join(words)}"


def _is_score(score: object) -> bool:
    """Whether it can be one; ledgers that tell no score say nothing against it."""
    return score is None or (isinstance(score, int) and 0 <= score <= SCORE_MAX)


def _words(said: set[object]) -> str:
    return " and ".join(sorted(map(str, said))) or "nothing"


def _bad(op: Op, wrong: str, scores: list[Event]) -> Mapping[str, object]:
    t_s = op.last_s
    events = [op.index, *(entry.i for entry in scores)]
    return bad(t_s, f"application {op.k} {wrong} ({t_s:.2f} s)", events, application_id=op.k)


INVARIANT = Invariant(
    name="decision_follows_score",
    ids=("U10",),
    claim="Nobody reads a refusal that the risk engine did not decide, nor an approval that it did "
    "not decide by a usable score and that does not name the stand-in.",
    examine=_examine,
    roles=(RISK_ENGINE,),
    ledgers=(RISK_ENGINE,),
    of=("submit",),
)
