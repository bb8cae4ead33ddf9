"""C4: each change of a declared mode is written down as it was, whatever ends in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from chaos.invariants._finding import Findings, Invariant
from chaos.invariants._mode_shown import unkept_of_borrowers
from chaos.invariants._mode_trail import BEGUN, Trail, gaps, last_told
from chaos.invariants._operator import is_touched, samples
from chaos.invariants._page_times import ANSWERED_S, FULL, MODES, REASON, SINCE, said, wrong_of
from chaos.invariants._service_clock import CLOCKS_S, offset_s
from chaos.lending import DATABASE
from harness.history import Event, History
from harness.model import Objectives

Bad = Mapping[str, object]


def _examine(history: History, objectives: Objectives) -> Findings:
    within_s = objectives.contract.get("mode_changes", {}).get("kept_within_s")
    if within_s is None:
        return Findings(0, missing="the target declares no record of its modes")
    trail, ahead_s = last_told(history), offset_s(history)
    if trail is None or ahead_s is None:
        return Findings(0, missing="the record of modes was not read at the end")

    def lost(at_s: float) -> bool:
        """Whether the service may have ended before it could write down what was then."""
        until_s, end_s = at_s + within_s, trail.read.t_invoke_s
        away = is_touched(history, objectives, (DATABASE,), at_s, until_s)
        return is_touched(history, objectives, ("",), at_s, end_s if away else until_s)

    looks = [e for e in samples(history, MODES) if SINCE in e.v]
    looks = [e for e in looks if e.t_s <= trail.read.t_invoke_s - within_s]
    of_borrowers = unkept_of_borrowers(history, objectives, trail, ahead_s)
    return Findings(
        examined=len(looks),
        bad=[*gaps(trail), *_looked(looks, trail, ahead_s, lost), *of_borrowers],
        details={"changes": sum(one.reason != BEGUN for one in trail.changes)},
        missing="" if looks else "nobody asked for the status page",
    )


def _looked(
    looks: Sequence[Event], trail: Trail, ahead_s: float, lost: Callable[[float], bool]
) -> Iterator[Bad]:
    """What the page said and is not written down so; each mode of each operation once."""
    seen = set()
    for event in looks:
        for operation, mode in event.v[MODES].items():
            since_s, reason = (said(event, group, operation) for group in (SINCE, REASON))
            if since_s is None or not trail.reaches(since_s):
                continue
            wrong = _unkept(trail, operation, mode, since_s, reason)
            if wrong and lost(since_s - ahead_s):
                continue
            wrong = wrong or _other(trail, operation, mode, event.t_s + ahead_s)
            if wrong and (operation, mode, since_s, reason) not in seen:
                seen.add((operation, mode, since_s, reason))
                yield wrong_of(event, operation, f"calls it {mode}, and {wrong}")


def _unkept(trail: Trail, operation: str, mode: str, since_s: float, reason: object) -> str:
    """What of a mode that the page showed is missing; "" for nothing."""
    kept = [one for one in trail.of(operation) if one.new == mode and one.at_s >= since_s]
    if not any(one.at_s == since_s for one in kept):
        return f"no change to that is kept of {since_s:.2f} s"
    if mode != FULL and not any(one.reason == reason for one in kept):
        return f"none that is kept gives the reason {reason!r}"
    return ""


def _other(trail: Trail, operation: str, mode: str, now_s: float) -> str:
    """Another mode that surely held by the record when the page was asked; "" for none."""
    begun = [one for one in trail.of(operation) if one.at_s <= now_s + CLOCKS_S]
    if begun and begun[-1].new != mode and begun[-1].at_s < now_s - ANSWERED_S - CLOCKS_S:
        return f"the record has it {begun[-1].new} since {begun[-1].at_s:.2f} s"
    return ""


INVARIANT = Invariant(
    name="mode_changes_are_kept",
    ids=("C4",),
    claim="At the end the record of modes has, in order, on from one another and over every life "
    "of the service, each mode that the status page showed, with its beginning and its reason, and "
    "each that 8 answers in a row showed to borrowers for 5 s while everybody whom they needed was "
    "held back; and the page showed no other.",
    examine=_examine,
)
