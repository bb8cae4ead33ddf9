"""M11: where books disagree, that is found, told by its kind, and aged; and nothing else is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from chaos.invariants._breaks_shown import Disturbed, invented, unseen, young
from chaos.invariants._file_rules import file_rule
from chaos.invariants._files import Wrong, wrong_files
from chaos.invariants._finding import Findings, Invariant
from chaos.invariants._operator import samples
from chaos.invariants._silent import without
from chaos.lending import DATABASE, FUNDER, GATEWAY
from chaos.targets._reference_gauges import CALLS
from harness.history import History
from harness.model import Objectives


def _examine(history: History, objectives: Objectives) -> Findings:
    files: Mapping[str, float] = objectives.contract.get("files", {})
    if not files:
        return Findings(0, missing="the target declares no comparison with files")
    wrong = [one for one in wrong_files(history, objectives) if one.n]
    told, disturbed = samples(history, CALLS), _disturbances(history, objectives)
    within_s = files["found_within_s"]
    due = [one for one in wrong if one.surely and one.due_s + within_s < one.lift_s]
    found = [
        *unseen(told, due, within_s, disturbed),
        *young(told, due, within_s, disturbed),
        *invented(told, wrong, within_s, disturbed),
    ]
    return Findings(
        examined=sum(one.n for one in due),
        bad=found,
        details={"files": len(due), "breaks": dict(_per_kind(due))},
        missing="" if told else "nobody asked the service for its state",
    )


def _per_kind(wrong: Sequence[Wrong]) -> Counter[str]:
    kinds: Counter[str] = Counter()
    for one in wrong:
        kinds[f"{one.sender}: {one.kind}"] += one.n
    return kinds


def _disturbances(history: History, objectives: Objectives) -> Disturbed:
    """Whether anything but its files was broken at a sender, the service or its records in a time:
    a file may not be had then, or the books may truly disagree."""
    system = objectives.system
    others = [
        (system.third_party(window.where), window)
        for window in history.windows
        if file_rule(window, history) is None
    ]
    everybody = [w for _, w in others if system.role_at(w.where) in ("", DATABASE)]

    def disturbed(sender: str, t_from_s: float, t_to_s: float) -> bool:
        near = [*everybody, *(window for name, window in others if name == sender)]
        return any(window.overlaps(t_from_s, t_to_s) for window in near)

    return disturbed


INVARIANT = Invariant(
    name="breaks_are_found",
    ids=("M11",),
    claim="Each line of a file that is wrong, each file that is not whole and each that is late is "
    "told as an open break, by sender and kind, within 3 s and for as long as it lasts, no younger "
    "than it is; and where the books agree none is.",
    examine=_examine,
    roles=(GATEWAY, FUNDER),
    ledgers=(GATEWAY, FUNDER),
    timed=True,
    silent=without("file_spoiled"),
)
