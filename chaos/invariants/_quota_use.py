"""How much of its quota each funder has promised, from its ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chaos.invariants._reserve import HELD
from chaos.invariants._views import amount
from chaos.lending import FUNDER
from harness.history import Event, History
from harness.model import Objectives

LOOK_S = 1.5
"""What a stand-in was told is looked at so often; chosen."""


@dataclass
class Book:
    """A funder's book, replayed entry by entry: the last one of each request that holds money."""

    quota_minor: int | None
    held: dict[str, Event] = field(default_factory=dict)
    used_minor: int = 0

    def take(self, entry: Event) -> None:
        """Apply one entry: the new state of its request."""
        request_id = str(entry.v.get("request_id"))
        before = self.held.pop(request_id, None)
        self.used_minor -= amount(before) if before else 0
        if entry.v.get("status") in HELD:
            self.held[request_id] = entry
            self.used_minor += amount(entry)

    def quota_at(self, entry: Event) -> int | None:
        """What there was by then: as the entry says, else as declared."""
        told: int | None = entry.v.get("quota_minor", self.quota_minor)
        return told


@dataclass
class Use(Book):
    """How much of its quota a funder has promised: (instant, share, entry) of each change."""

    shares: list[tuple[float, float, Event]] = field(default_factory=list)

    def take(self, entry: Event) -> None:
        """Apply one entry; only a promise says what there is."""
        super().take(entry)
        if entry.f == "reserve":
            quota_minor = max(1, self.quota_at(entry) or 0)
            self.shares.append((entry.t_s, self.used_minor / quota_minor, entry))

    def refuse(self, call: Event, quota_minor: int) -> None:
        """What was asked for is more than what is left of so much."""
        self.shares.append((call.t_s, self.used_minor / max(1, quota_minor), call))

    def reached(self, share: float) -> Event | None:
        """The entry by which it had promised so much, first."""
        return next((entry for _, used, entry in self.shares if used >= share), None)

    def most(self, t_from_s: float, t_to_s: float) -> float:
        """The largest share between two instants, and of the last change before."""
        before = [used for t_s, used, _ in self.shares if t_s <= t_from_s][-1:]
        return max([*before, *(u for t, u, _ in self.shares if t_from_s < t <= t_to_s)], default=0)


def quota_uses(history: History, objectives: Objectives) -> Mapping[str, Use]:
    """Each funder whose quota is declared."""
    quotas = objectives.contract.get("funding_quota_minor", {})
    uses = {name: Use(quotas[name]) for name in objectives.system.playing(FUNDER) if name in quotas}
    refused = [e for e in history.of("calls") if e.v.get("code") == "quota_exhausted"]
    for entry in sorted([*history.of("ledger"), *refused], key=lambda e: e.t_s):
        if entry.p not in uses:
            continue
        if entry.src == "ledger" and entry.f in ("reserve", "commit", "release"):
            uses[entry.p].take(entry)
        elif entry.src == "calls" and (left := _cut_to(history, entry)) is not None:
            uses[entry.p].refuse(entry, left)
    return uses


def _cut_to(history: History, call: Event) -> int | None:
    """The quota that a funder was told to keep to when it refused a call; None: nobody knows."""
    seen = None
    for look in history.of("nemesis"):
        for rule in look.v.get("state", {}).get("rules", ()) if look.k == call.p else ():
            if rule["effect"] == "quota_cut" and look.t_s <= call.t_s + LOOK_S:
                seen = rule["args"]["quota_minor"]
    return seen
