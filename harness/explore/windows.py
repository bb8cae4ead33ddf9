"""When a fault of a scenario was there, in the words of invariants: fault windows.

A run breaks a link for seconds; a scenario breaks one call. Its window is the time in which that
call was under way, so that what a borrower saw meanwhile counts as seen during a fault. A crash is
a fault of the service that died, not of the link on which it was about to write; a standby that is
behind is one of the database, and loses nobody's try.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.clock import NS
from harness.history import Event, History
from harness.model import Outcome, Phase
from harness.scenario import Trace
from harness.target import Target

BEHIND = "stale"
LEAST_NS = 1_000  # one tick of the simulation: no call takes no time at all


def judged(trace: Trace, target: Target) -> History:
    """The history of a trace with the windows of its faults."""
    history = trace.history
    if not trace.fired:
        return history
    return history.replaced("nemesis", _windows(trace, target, len(history.events)))


def _windows(trace: Trace, target: Target, first: int) -> Iterator[Event]:
    links = {link.name: link for link in target.links}
    for number, fired in enumerate(trace.fired):
        edge, mode = fired.point.edge, str(fired.mode)
        from_ns, to_ns = round(fired.t_s * NS), round(fired.t_over_s * NS)
        if edge == target.entry:
            to_ns = max(to_ns, _end_ns(fired.point.n, trace.history))
        where = links[edge].caller if mode.startswith("crash") else edge
        where = links[edge].callee if mode == BEHIND else where
        id_ = str(fired.point)
        inject: dict[str, object] = {"action": "inject", "id": id_, "call": id_}
        heal: dict[str, object] = {"action": "heal", "id": id_, "proven_undone": True}
        yield _event(first + 2 * number, from_ns, mode, where, inject)
        to_ns = max(to_ns, from_ns + LEAST_NS)
        yield _event(first + 2 * number + 1, to_ns, mode, where, heal)


def _end_ns(n: int, history: History) -> int:
    """When the n-th operation of the borrowers ended: each is one call of theirs."""
    asked = [op for op in history.all_ops if op.phase != Phase.SETTLED]
    t_end_s = asked[n - 1].t_end_s if n <= len(asked) else None
    return round((history.t_load_end_s if t_end_s is None else t_end_s) * NS) + LEAST_NS


def _event(i: int, t: int, mode: str, where: str, v: dict[str, object]) -> Event:
    return Event(i=i, t=t, p="nemesis", type=Outcome.OK.value, f=mode, k=where, v=v, src="nemesis")
