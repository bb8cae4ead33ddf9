"""U1: whoever applies gets an acknowledgement or a reasoned refusal, in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._front import front_windows, gave_up
from chaos.invariants._views import cut_off, explained, intents, result
from harness.history import History
from harness.model import Objectives, Op, Outcome, Phase

LATE_SHARE_MAX = 0.01
"""Share of late answers while nothing is broken: the 99th percentile has to be in time."""

CALM = frozenset({Phase.BASELINE.value, Phase.RECOVERY.value, Phase.LOAD.value})


@dataclass(frozen=True)
class _Intent:
    """A request to borrow: its attempts, and the first that was answered."""

    k: str
    attempts: list[Op]

    @cached_property
    def answer(self) -> Op | None:
        answers = [op for op in self.attempts if op.outcome is Outcome.OK or explained(op)]
        return min(answers, key=lambda op: op.t_end_s or 0.0, default=None)

    @property
    def silent(self) -> bool:
        accepted = any(op.outcome is Outcome.OK for op in self.attempts)
        return not accepted and not explained(self.attempts[-1])

    @cached_property
    def wait_s(self) -> float:
        answer = self.answer
        return ((answer.t_end_s or 0.0) if answer else 0.0) - self.attempts[0].t_due_s


def _examine(history: History, objectives: Objectives) -> Findings:
    every = [_Intent(k, attempts) for k, attempts in intents(history, "submit").items()]
    silent = [one for one in every if one.silent]
    front = front_windows(history, objectives)
    cut = {one.k for one in silent if cut_off(one.attempts[-1], history, objectives)}
    left = {one.k for one in silent if gave_up(one.attempts, front)} - cut
    answered = [one for one in every if not one.silent]
    calm = [one for one in answered if _is_calm(one, history)]
    late = [one for one in calm if one.wait_s > objectives.ack_s]
    found = [_never(one) for one in silent if one.k not in cut | left]
    if len(late) > LATE_SHARE_MAX * len(calm):
        found += [_late(one, len(late), len(calm), objectives.ack_s) for one in late]
    return Findings(
        examined=len(every) - len(cut) - len(left),
        bad=found,
        details={
            "submits": len(every),
            "silent": len(silent) - len(cut) - len(left),
            "cut_off": len(cut),
            "gave_up": len(left),
            "late": len(late),
            "in_calm_phases": len(calm),
            "wait_s_max": round(max((one.wait_s for one in answered), default=0.0), 3),
        },
    )


def _is_calm(one: _Intent, history: History) -> bool:
    first = one.attempts[0]
    touched = any(w.overlaps(first.t_due_s, first.t_due_s + one.wait_s) for w in history.windows)
    return first.phase in CALM and not touched


def _never(one: _Intent) -> Mapping[str, object]:
    last = one.attempts[-1]
    what = (
        f"submit {one.k} of {last.p} was never acknowledged nor refused with reasons: "
        f"{len(one.attempts)} attempts from {one.attempts[0].t_due_s:.2f} s, last {result(last)}"
    )
    t_s = one.attempts[0].t_due_s
    return bad(t_s, what, [op.index for op in one.attempts], key=one.k, err=last.err)


def _late(one: _Intent, late: int, calm: int, ack_s: float) -> Mapping[str, object]:
    what = (
        f"submit {one.k} was answered after {one.wait_s:.2f} s, promised {ack_s:g} s, with no "
        f"fault; {late} of {calm} were late"
    )
    events = [op.index for op in one.attempts]
    return bad(one.attempts[0].t_due_s, what, events, key=one.k, wait_s=round(one.wait_s, 3))


INVARIANT = Invariant(
    name="acknowledged_in_time",
    ids=("U1",),
    claim="Every submit is at last acknowledged or refused with reasons, unless each attempt met a "
    "fault between borrower and service; in baseline and recovery, and where there is no fault, "
    "at most 1 % of the answers come later than the objective ack_s.",
    examine=_examine,
    timed=True,
    at_end=True,
    of=("submit",),
)
