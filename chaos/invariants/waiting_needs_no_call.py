"""U2 U3: while something is broken, borrowers learn how it stands without calling anybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._front import front_windows, nobody_there
from chaos.invariants._views import cut_off, explained, intents, result
from chaos.lending import TERMINAL
from harness.history import History
from harness.model import Objectives, Op, Outcome

# The figures of this block are chosen, not measured.
SHARE_MIN = 0.95
"""Of borrowers who asked while something was broken; the contract's `self_served_min` overrides
it: the others call, and customer service has no room for all of them."""
PATIENCE_S = 3.0  # whoever waits longer for a page takes up the telephone


def _examine(history: History, objectives: Objectives) -> Findings:
    least = float(objectives.contract.get("self_served_min", SHARE_MIN))
    asked, stuck = set[str](), dict[str, tuple[Op, str]]()
    for attempts in _questions(history, objectives):
        user = attempts[0].user
        asked.add(user)
        if why := _no_answer(attempts):
            stuck.setdefault(user, (attempts[-1], why))
    share = 1 - len(stuck) / len(asked) if asked else 0.0
    return Findings(
        examined=len(asked),
        bad=[_bad(list(stuck.values()), len(asked), least)] if asked and share < least else [],
        details={"asked": len(asked), "call": len(stuck), "self_serve_rate": round(share, 4)},
    )


def _questions(history: History, objectives: Objectives) -> Iterator[Sequence[Op]]:
    """Each application, with all its tries, and each look at one, begun while something was
    broken: what a borrower would call about."""
    front = front_windows(history, objectives)
    for attempts in (*intents(history, "submit").values(), *_looks(history)):
        if (
            any(
                one.covers(attempts[0].t_invoke_s, attempts[0].t_invoke_s)
                for one in history.windows
            )
            and not all(nobody_there(one, front) for one in attempts)
            and not cut_off(attempts[-1], history, objectives)
        ):
            yield attempts


def _looks(history: History) -> Iterator[list[Op]]:
    return ([op] for op in history.ops("application"))


def _no_answer(attempts: Sequence[Op]) -> str:
    """Why nobody can know from these how it stands; "" where they can."""
    answers = [op for op in attempts if op.outcome is Outcome.OK or explained(op)]
    if not answers:
        return f"got {result(attempts[-1])}, and no word of what comes next"
    first = min(answers, key=lambda op: op.last_s)
    if first.last_s - first.t_invoke_s > PATIENCE_S:
        return f"waited {first.last_s - first.t_invoke_s:.1f} s for an answer"
    value = first.value
    if first.f == "submit" and first.outcome is Outcome.OK and not value.get("application_id"):
        return "got nothing to ask by"
    if first.outcome is Outcome.OK and value.get("status") not in TERMINAL:
        wanted = {"what is going on": "message", "when to look again": "next_update_by_s"}
        lacks = [name for name, key in wanted.items() if not value.get(key)]
        return f"reads {value.get('status')}, and not {' nor '.join(lacks)}" if lacks else ""
    return ""


def _bad(stuck: Sequence[tuple[Op, str]], asked: int, least: float) -> Mapping[str, object]:
    op, why = min(stuck, key=lambda one: one[0].last_s)
    what = f"{len(stuck)} of {asked} who asked while something was broken have to call (at most "
    what += f"{1 - least:.0%} may), first {op.user}: {op.f} {op.k} at {op.t_invoke_s:.2f} s {why}"
    return bad(op.last_s, what, [op.index], user=op.user)


INVARIANT = Invariant(
    name="waiting_needs_no_call",
    ids=("U2", "U3"),
    claim="Of those who apply, or ask how their application stands, while something is broken, "
    "95 % learn from the service within 3 s what is going on and when to look again.",
    examine=_examine,
    timed=True,
    of=("submit", "application"),
    of_faults=True,
)
