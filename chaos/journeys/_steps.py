"""Steps that several journeys share: generators of Call and Wait that return what came of it."""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence

from harness.model import Outcome
from harness.target import Call, Completion, Wait

Steps = Generator[Call | Wait, Completion | None, Completion]

# The rest of this block is chosen, not measured: a person's patience.
LOOK_GAPS_S = (0.3, 0.5, 0.8, 1.2, 1.5, 1.7, 2.0)  # 8 s in all
TRIES_MORE = 2
TRY_GAP_S = 0.5
RETRY_AFTER_S_MAX = 2.0


def ask(call: Call) -> Steps:
    """Do one operation."""
    done = yield call
    if done is None:
        raise TypeError(f"{call.f} was sent None back; a Call needs its Completion")
    return done


def insist(call: Call) -> Steps:
    """Do a write and try again under the same key while it is unknown whether it happened.

    An explicit refusal is taken as an answer, unless it says that a retry may help: then once,
    after the time it names.
    """
    unknown = refused = 0
    while True:
        done = yield from ask(call)
        if done.outcome is Outcome.INFO and unknown < TRIES_MORE:
            unknown += 1
            yield Wait(TRY_GAP_S)
        elif done.outcome is Outcome.FAIL and done.value.get("retryable") and not refused:
            refused += 1
            yield Wait(_pause_s(done))
        else:
            return done


def _pause_s(refusal: Completion) -> float:
    named = refusal.value.get("retry_after_s")
    if isinstance(named, int | float):
        return min(max(named, 0.0), RETRY_AFTER_S_MAX)
    return TRY_GAP_S


def look_until(call: Call, final: Collection[str], gaps_s: Sequence[float] = LOOK_GAPS_S) -> Steps:
    """Read at growing gaps (s) until the status is one of `final`, or patience ends."""
    for gap_s in gaps_s:
        yield Wait(gap_s)
        done = yield from ask(call)
        if done.outcome is Outcome.OK and done.value.get("status") in final:
            break
    return done


def open_item_minor(loan: Completion) -> int | None:
    """What is still to be paid of the first due item that is open; None when none is."""
    for item in loan.value.get("schedule") or ():
        left = item.get("amount_minor", 0) - item.get("paid_minor", 0)
        if left > 0:
            return int(left)
    return None
