"""Which files of whom could not be believed or had, and when: by the ledgers and by what was set.

A stand-in's ledger is true; only its file lies, by a rule that says which lines, so both together
say what a file was told to be. A rule of some calls only says nothing of a given one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chaos.invariants._file_rules import LATE, NOT_WHOLE, SPOILED, file_rule, kind_of
from chaos.invariants._service_clock import offset_s
from chaos.lending import FUNDER, GATEWAY
from harness.history import Event, History
from harness.model import FaultWindow, Objectives

MOVED = {GATEWAY: "SUCCESS", FUNDER: "COMMITTED"}
"""Role -> the status of a ledger's entry by which money has moved for good."""


@dataclass(frozen=True)
class Wrong:
    """A file that is wrong, on the run clock.

    Args:
        kind: of the breaks that it is, `n` of them.
        due_s: from when it can be found.
        surely: whether whoever asks from then on is told it wrong.
        lift_s: until when it surely is told so.
        heal_s: from when it surely is not any more.
        events: what shows it.
    """

    sender: str
    period: int
    kind: str
    n: int
    due_s: float
    surely: bool
    lift_s: float
    heal_s: float
    events: tuple[int, ...]


def wrong_files(history: History, objectives: Objectives) -> Iterator[Wrong]:
    """Every file that was spoiled or not given, by period, as far as rules say so for sure."""
    files: Mapping[str, float] = objectives.contract.get("files", {})
    ahead_s = offset_s(history)
    if not files or ahead_s is None:
        return
    for window in history.windows:
        rule = file_rule(window, history)
        role = objectives.system.role_at(window.where)
        if rule is not None and role in MOVED:
            yield from _wrong(window, rule, files, ahead_s, history, MOVED[role])


def _wrong(
    window: FaultWindow,
    rule: Mapping[str, Any],
    files: Mapping[str, float],
    ahead_s: float,
    history: History,
    moved: str,
) -> Iterator[Wrong]:
    """The files that are asked for while the fault is there."""
    set_s = window.t_inject_s if window.t_set_s is None else window.t_set_s
    lift_s = window.t_heal_s if window.t_lift_s is None else window.t_lift_s
    period_s, asked_s = files["period_s"], files["found_within_s"]
    last = int((window.t_heal_s + ahead_s) // period_s)
    for period in range(max(0, int((window.t_inject_s - asked_s + ahead_s) // period_s) - 1), last):
        over_s = (period + 1) * period_s - ahead_s
        lines = _lines(history, window.where, moved, period * period_s, (period + 1) * period_s)
        if (kind := kind_of(rule)) and over_s + asked_s > window.t_inject_s:
            n, due_s = 1, over_s + files["late_after_s"] * (kind == LATE)
            if rule["effect"] == SPOILED:
                lines = lines[:: rule["args"]["every"]]
                n = min(len(lines), 1) if kind == NOT_WHOLE else len(lines)
            shown = tuple(line.i for line in lines)
            surely, times = set_s <= over_s, (lift_s, window.t_heal_s)
            yield Wrong(window.where, period, kind, n, due_s, surely, *times, shown)


def _lines(history: History, name: str, moved: str, from_s: float, to_s: float) -> list[Event]:
    """What moved there in a period of its own clock, in the order of its ledger."""
    return [
        entry
        for entry in history.of("ledger")
        if entry.p == name
        and entry.v.get("status") == moved
        and from_s <= float(entry.v.get("t_s", -1.0)) < to_s
    ]
