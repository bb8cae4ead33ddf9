"""R2: a risk engine that scores wrongly decides few applications before it is noticed."""

from __future__ import annotations

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._silent import without
from chaos.invariants._views import entries
from chaos.lending import RISK_ENGINE
from harness.history import History
from harness.model import Objectives, Outcome

DECISIONS_MAX = 20
"""Decisions on a wrong score; the contract's `wrong_scores_max` overrides it; chosen."""

WRONG = "own"  # field of a score that is not the one of the engine's own model


def _examine(history: History, objectives: Objectives) -> Findings:
    most = int(objectives.contract.get("wrong_scores_max", DECISIONS_MAX))
    scores = entries(history, "score", objectives.system.playing(RISK_ENGINE))
    decided = {
        op.k
        for op in history.ops("application", outcome=Outcome.OK)
        if (op.value.get("decision") or {}).get("by") == "model"
    }
    told = [one for k, found in scores.items() if k in decided for one in found[:1]]
    wrong = sorted((one for one in told if WRONG in one.v), key=lambda one: one.t_s)
    found = []
    if len(wrong) > most:
        first, last = wrong[0], wrong[most]
        what = f"application {last.k} was decided on a wrong score at {last.t_s:.2f} s, the "
        what += f"{len(wrong[: most + 1])}th since {first.t_s:.2f} s; {len(wrong)} were in all"
        found.append(bad(last.t_s, what, [first.i, last.i], application_id=last.k))
    return Findings(
        examined=len(decided),
        bad=found,
        details={"decided": len(decided), "on_wrong_scores": len(wrong), "allowed": most},
        missing="" if any(WRONG in one.v for es in scores.values() for one in es) else NONE,
    )


NONE = "the risk engine gave no wrong score"


INVARIANT = Invariant(
    name="wrong_scores_are_noticed",
    ids=("R2",),
    claim="At most 20 applications of a run are decided on scores that the risk engine's own model "
    "did not give.",
    examine=_examine,
    timed=True,
    roles=(RISK_ENGINE,),
    ledgers=(RISK_ENGINE,),
    silent=without("score", "drift", "decline"),
)
