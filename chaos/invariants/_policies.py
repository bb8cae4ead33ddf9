"""What was suspended when, by the ledgers of policy providers, and whose loans were paid out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chaos.invariants._views import moved
from chaos.lending import POLICY
from harness.history import Event, History
from harness.model import Objectives, Outcome

PRODUCT = "loan"


@dataclass(frozen=True)
class Period:
    """A policy in force in [t_from_s, t_to_s)."""

    t_from_s: float
    t_to_s: float
    cells: tuple[Mapping[str, Any], ...]
    event: Event

    def is_in_force(self, t_s: float, within_s: float) -> bool:
        """Whether it is, and has been for longer than `within_s`."""
        return self.t_from_s + within_s < t_s < self.t_to_s

    def holds(self, business: Mapping[str, object], partner: str | None = None) -> bool:
        """Whether new business of this kind is suspended; with a partner, at that one alone."""
        mine = {"product": PRODUCT, **business, "partner": partner}
        return any(
            cell.get("partner") == partner
            and all(mine.get(key) == value for key, value in cell.items())
            for cell in self.cells
        )


def periods(history: History, objectives: Objectives) -> list[Period]:
    """The policies of a run, in order."""
    providers = objectives.system.playing(POLICY)
    changes = sorted(
        (one for one in history.ledger("policy") if one.p in providers), key=lambda one: one.t_s
    )
    ends = [one.t_s for one in changes[1:]] + [float("inf")]
    return [
        Period(one.t_s, t_to_s, tuple(one.v.get("suspended") or ()), one)
        for one, t_to_s in zip(changes, ends, strict=False)
    ]


def business(history: History) -> dict[str, Mapping[str, object]]:
    """Segment and region of each application, and of each loan that came of one."""
    found: dict[str, Mapping[str, object]] = {}
    for op in history.ops("submit", outcome=Outcome.OK):
        cell = {key: op.request.get(key) for key in ("segment", "region")}
        found[str(op.value.get("application_id") or "")] = cell
    for op in history.ops("application", outcome=Outcome.OK):
        if op.k in found and op.value.get("loan_id"):
            found[str(op.value["loan_id"])] = found[op.k]
    return found


def payouts(history: History, objectives: Objectives) -> Iterator[Event]:
    """Every payout that moved money, by time."""
    each = moved(history, "payout", objectives).values()
    return iter(sorted((one for entries in each for one in entries), key=lambda one: one.t_s))


def limit_s(objectives: Objectives, name: str, otherwise: float) -> float:
    """A time that the contract promises under `policy`."""
    return float(objectives.contract.get("policy", {}).get(name, otherwise))
