"""M5 R2: a funder's quota is warned of while there is some left, and only then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._operator import samples
from chaos.invariants._quota_use import Use, quota_uses
from chaos.lending import FUNDER
from harness.history import Event, History
from harness.model import Objectives

LOW = "Quota low"
"""The group of gauges by which the service warns: "yes" for each funder that is low."""

# The figures of this block are chosen, not measured.
GONE = 0.95  # a loan that is left to make takes more than a twentieth
SHOWN_S = 2.0  # figures are read every second
EARLIER = 0.15  # what is under way counts there before it counts here
LINGERS_S = 3.0  # what is given back counts there before it counts here


def _examine(history: History, objectives: Objectives) -> Findings:
    rule: Mapping[str, float] = objectives.contract.get("quota_warning", {})
    if not rule:
        return Findings(0, missing="the target declares no early warning of quotas")
    uses = quota_uses(history, objectives)
    told = samples(history, LOW)
    found, times = [], {}
    for name, use in uses.items():
        warned = [e for e in told if e.v[LOW].get(name) == "yes"]
        found += [*_late(name, use, warned, rule["from"]), *_cried_wolf(name, use, warned, rule)]
        times[name] = _times(use, warned, rule["from"])
    reached = [name for name, one in times.items() if one["low_s"] is not None]
    return Findings(
        examined=len(reached),
        bad=found,
        details={"funders": times},
        missing="" if told else "nobody asked the service for its state",
    )


def _times(use: Use, warned: Sequence[Event], share: float) -> dict[str, float | None]:
    """When it was low, warned of and gone, and how long there was in between, run clock."""
    low, gone = use.reached(share), use.reached(GONE)
    first = warned[0] if warned else None
    lead_s = round(gone.t_s - first.t_s, 3) if gone and first else None
    return {
        "low_s": _at(low),
        "warned_s": _at(first),
        "gone_s": _at(gone),
        "lead_s": lead_s,
    }


def _at(event: Event | None) -> float | None:
    return None if event is None else round(event.t_s, 3)


def _late(
    name: str, use: Use, warned: Sequence[Event], share: float
) -> Iterator[Mapping[str, object]]:
    """Gone, or low for long enough to be seen, before anybody was warned."""
    low, gone = use.reached(share), use.reached(GONE)
    if low is None:
        return
    due_s = low.t_s + SHOWN_S
    first_s = warned[0].t_s if warned else float("inf")
    if first_s > due_s and use.shares[-1][0] > due_s:
        what = f"{name} had promised {share:.0%} of its quota at {low.t_s:.2f} s"
        what += f", {GONE:.0%} at {gone.t_s:.2f} s" if gone else ""
        what += f", and the service warned of it at {first_s:.2f} s" if warned else ""
        what += "" if warned else ", and the service never warned of it"
        yield bad(low.t_s, what, [low.i, *(e.i for e in warned[:1])], funder=name)


def _cried_wolf(
    name: str, use: Use, warned: Sequence[Event], rule: Mapping[str, float]
) -> Iterator[Mapping[str, object]]:
    """Warned of while there was enough."""
    for event in warned:
        most = use.most(event.t_s - LINGERS_S, event.t_s)
        if most < rule["from"] - EARLIER:
            what = f"the service warned of {name} at {event.t_s:.2f} s, which had promised "
            yield bad(event.t_s, f"{what}{most:.0%} of its quota", [event.i], funder=name)
            return


INVARIANT = Invariant(
    name="quota_warned_early",
    ids=("M5", "R2"),
    claim="Of a funder that has promised 80 % of its quota the service warns within 2 s, so that "
    "there is time before it is used up, and of no funder that has more.",
    examine=_examine,
    roles=(FUNDER,),
    ledgers=(FUNDER,),
    timed=True,
    of=("submit",),
)
