"""U2: nobody who applied is left without an answer once everything works again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from chaos.invariants._finding import Findings, Invariant, bad, missing
from chaos.invariants._promises import GRACE_S, over_at_once, overdue, promises_on
from chaos.invariants._views import acknowledged, final_reads, intents, last_heal_s, never_read
from chaos.lending import TERMINAL
from harness.history import History
from harness.model import Objectives, Op, Outcome


def _examine(history: History, objectives: Objectives) -> Findings:
    promised = acknowledged(history, "submit", "application_id")
    finals = final_reads(history, "application")
    reads: defaultdict[str, list[Op]] = defaultdict(list)
    for op in history.ops("application", outcome=Outcome.OK):
        reads[op.k].append(op)
    healed_s = last_heal_s(history) or 0.0
    found, early = [], 0
    for k, submit in promised.items():
        deadline_s = max(healed_s, submit.t_end_s or 0.0) + objectives.answer_s
        silent = next((op for op in reads[k] if _is_late_and_silent(op, deadline_s)), None)
        if silent:
            found.append(_bad(submit, silent, deadline_s))
        elif k in finals and not _is_answered(finals[k]):
            early += 1
    found += [*promises_on(finals.values()), *overdue(history, objectives)]
    found += over_at_once(_at_first(history), history)
    seen = [finals[k] for k in promised if k in finals]
    return Findings(
        examined=len(seen),
        bad=found,
        details={
            "acknowledged": len(promised),
            "terminal": sum(1 for op in seen if op.value.get("status") in TERMINAL),
            "pending": sum(1 for op in seen if op.value.get("status") not in TERMINAL),
            "promise_passed": sum(1 for op in seen if _promise_passed(op)),
        },
        missing=missing(
            never_read(promised, finals, "applications"),
            f"{early} unanswered applications were last read before they were due" if early else "",
        ),
    )


def _at_first(history: History) -> list[Op]:
    """Submits that were acknowledged when they were sent for the first time."""
    first = [ops[0] for k, ops in intents(history, "submit").items() if k]
    return [op for op in first if op.outcome is Outcome.OK]


def _is_answered(op: Op) -> bool:
    """Terminal, or pending with a message and the time of the next one."""
    value = op.value
    pending = bool(value.get("message")) and value.get("next_update_by_s") is not None
    return value.get("status") in TERMINAL or pending


def _is_late_and_silent(op: Op, deadline_s: float) -> bool:
    unheard = not _is_answered(op) or _promise_passed(op, GRACE_S)
    return op.t_invoke_s >= deadline_s and unheard


def _promise_passed(op: Op, grace_s: float = 0.0) -> bool:
    """Whether it is pending, and the time promised for the next message has passed.

    The service's clock is ahead of the run clock: a promise is never taken for an earlier one.
    """
    due_s = op.value.get("next_update_by_s")
    pending = op.value.get("status") not in TERMINAL
    return pending and due_s is not None and due_s + grace_s < op.t_invoke_s


def _bad(submit: Op, read: Op, deadline_s: float) -> Mapping[str, object]:
    wanted = {"a message": "message", "the time of the next one": "next_update_by_s"}
    lacks = [name for name, key in wanted.items() if not read.value.get(key)]
    status = read.value.get("status")
    why = f"without {' and '.join(lacks)}"
    if not lacks:
        why = f"and promised the next word by {read.value['next_update_by_s']:.2f} s,"
    what = (
        f"application {read.k}, acknowledged at {submit.t_end_s or 0.0:.2f} s, still says {status} "
        f"{why} at {read.t_invoke_s:.2f} s, due {deadline_s:.2f} s"
    )
    events = [submit.index, read.index]
    return bad(read.t_invoke_s, what, events, application_id=read.k, status=status)


INVARIANT = Invariant(
    name="every_application_answered",
    ids=("U2",),
    claim="Every acknowledged application is terminal, or pending with a message and the time of "
    "the next one, which is kept, within answer_s of its acknowledgement and of the last healing; "
    "what has ended promises nothing more.",
    examine=_examine,
    timed=True,
    at_end=True,
    of=("submit",),
)
