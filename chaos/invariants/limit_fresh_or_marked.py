"""U4: a limit is fresh, or it is marked as what it is."""

from __future__ import annotations

from collections.abc import Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.lending import RISK_ENGINE
from harness.history import History
from harness.model import FaultWindow, Objectives, Op, Outcome

SOURCES = ("live", "stale", "stand_in")
CUTS = ("down", "timeout", "reset_peer", "crash", "pause")
"""Faults that let no answer of the risk engine through."""


def _examine(history: History, objectives: Objectives) -> Findings:
    reads = list(history.ops("read_limit", outcome=Outcome.OK))
    engines = objectives.system.playing(RISK_ENGINE)
    cuts = [_cuts(history, objectives, engine) for engine in engines]
    found = [_bad(op, wrong) for op in reads if (wrong := _wrong(op, cuts))]
    marked = sum(1 for op in reads if op.value.get("source") != "live")
    return Findings(
        examined=len(reads), bad=found, details={"limits": len(reads), "marked": marked}
    )


def _cuts(history: History, objectives: Objectives, engine: str) -> list[FaultWindow]:
    """The faults that let no answer of this risk engine through."""
    third_party = objectives.system.third_party
    return [w for w in history.windows if w.fault in CUTS and third_party(w.where) == engine]


def _wrong(op: Op, cuts: list[list[FaultWindow]]) -> str:
    limit, source = op.value.get("available_minor"), op.value.get("source")
    if not isinstance(limit, int) or limit <= 0:
        return f"reads {limit!r}, which is nobody's limit"
    if source not in SOURCES or op.value.get("as_of_s") is None:
        return f"says neither of what time nor from whom it is (source {source!r})"
    t_end_s = op.last_s
    covering = [next((w for w in one if w.covers(op.t_invoke_s, t_end_s)), None) for one in cuts]
    if source == "live" and all(covering):
        at = " and ".join(f"{w.fault} at {w.where}" for w in covering if w)
        return f"is called live while {at} let no answer through"
    return ""


def _bad(op: Op, wrong: str) -> Mapping[str, object]:
    t_s = op.last_s
    return bad(t_s, f"the limit of {op.k} {wrong} ({t_s:.2f} s)", [op.index], borrower=op.k)


INVARIANT = Invariant(
    name="limit_fresh_or_marked",
    ids=("U4",),
    claim="Every limit shown is above 0, with its time and its source, and none is called live "
    "while no answer of the risk engine could come through.",
    examine=_examine,
    roles=(RISK_ENGINE,),
    of=("read_limit",),
)
