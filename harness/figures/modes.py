"""In which mode each operation was seen to work while something was broken."""

from __future__ import annotations

from collections import Counter, defaultdict

from harness.figures.outcomes import Class, Classed
from harness.history import History
from harness.measures import served
from harness.reporting import shown_by
from harness.target import Target

FULL, DEGRADED, REFUSED, FAILED = "FULL", "DEGRADED", "REFUSED", "FAILED"
WORDS = {Class.SERVED: FULL, Class.DEGRADED: DEGRADED, Class.UNEXPLAINED: FAILED}


def modes(history: History, target: Target, classed: Classed) -> dict[str, dict[str, int]]:
    """Operation -> mode -> answers, of those that overlap a fault; {} without a fault.

    FULL as on a good day, FAILED without reasons or never, REFUSED with reasons; else as the target
    calls it, DEGRADED where it does not say. An answer may show the mode of another operation: what
    is read of an application shows how it was decided.
    """
    shown, windows = shown_by(target), history.windows
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for op, its in classed:
        end_s = op.last_s
        if not any(window.overlaps(op.t_invoke_s, end_s) for window in windows):
            continue
        mistake = its is Class.REFUSED and served(op)
        mode = FULL if mistake else WORDS.get(its, REFUSED)
        told = None if mistake or mode == FAILED else shown(op)
        operation, word = told or (op.f, mode)
        found[operation][word] += 1
        if operation != op.f:
            found[op.f][FULL] += 1
    return {name: dict(found[name]) for name in sorted(found)}
