"""M5: whoever is approved is funded as long as any funder is there."""

from __future__ import annotations

from collections.abc import Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._reserve import replayed
from chaos.lending import DATABASE, FUNDER
from harness.history import Event, History
from harness.model import Objectives, Op, Outcome
from harness.system import System

LAG_S = 10.0
"""How long after a healing an application may still wait for its next try; chosen."""

NO_FUNDER = ("funding_down", "quota_used_up")


def _examine(history: History, objectives: Objectives) -> Findings:
    reads = list(history.ops("application", outcome=Outcome.OK))
    waiting = [op for op in reads if op.value.get("reason_code") in NO_FUNDER]
    system = objectives.system
    found = [_bad(op, there) for op in waiting if (there := _there(op.last_s, history, system))]
    found += [
        _drawn(entry, there)
        for entry in replayed(history, objectives).draws
        if (there := _there(entry.t_s, history, system))
    ]
    return Findings(
        examined=len(reads), bad=found, details={"reads": len(reads), "waiting": len(waiting)}
    )


def _there(t_s: float, history: History, system: System) -> list[str]:
    """Funders that nothing stood in the way of, at an instant and shortly before."""
    broken = {
        window.where.rpartition("->")[2]
        for window in history.windows
        if window.t_inject_s <= t_s and window.t_heal_s + LAG_S >= t_s
    }
    if broken & {system.service, *system.playing(DATABASE)}:
        return []
    return [funder for funder in system.playing(FUNDER) if funder not in broken]


def _bad(op: Op, there: list[str]) -> Mapping[str, object]:
    t_s = op.last_s
    what = f"application {op.k} waits for funding at {t_s:.2f} s, and {', '.join(there)} is there"
    return bad(t_s, what, [op.index], application_id=op.k)


def _drawn(entry: Event, there: list[str]) -> Mapping[str, object]:
    what = f"{entry.k} was paid out at {entry.t_s:.2f} s with nobody's money set aside for it"
    return bad(entry.t_s, f"{what}, and {', '.join(there)} was there", [entry.i], loan_id=entry.k)


INVARIANT = Invariant(
    name="funders_step_in",
    ids=("M5", "R1"),
    claim="No application waits for funding, and none is paid out of the reserve, while one of the "
    "funders is not broken.",
    examine=_examine,
    timed=True,
    roles=(FUNDER,),
    at_end=True,
    of=("submit",),
)
