"""C2: no funder, region or segment has too large a part of what is lent, also in an emergency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chaos.invariants._finding import Findings, Invariant, bad, money
from chaos.invariants._policies import business
from chaos.invariants._reserve import HELD
from chaos.invariants._views import amount
from chaos.lending import FUNDER
from harness.history import Event, History
from harness.model import Objectives

ROUNDING = 1.02
"""A release is known here before it is known there; chosen."""


@dataclass
class _Lent:
    """What funders hold, by whom and for whom."""

    held: dict[str, Event] = field(default_factory=dict)
    minor: Counter[str] = field(default_factory=Counter)

    def take(self, entry: Event, whose: Mapping[str, object]) -> bool:
        """Apply one entry; whether something is lent by it that was not before."""
        request_id = str(entry.v.get("request_id"))
        before = self.held.pop(request_id, None)
        if before is not None:
            self._count(before, whose, -amount(before))
        if entry.v.get("status") in HELD:
            self.held[request_id] = entry
            self._count(entry, whose, amount(entry))
        return before is None and request_id in self.held

    def _count(self, entry: Event, whose: Mapping[str, object], more_minor: int) -> None:
        for place in ("", *places(entry, whose)):
            self.minor[place] += more_minor


def places(entry: Event, whose: Mapping[str, object]) -> list[str]:
    """Of which parts of what is lent this is one."""
    named = {"funder": entry.p, "region": whose.get("region"), "segment": whose.get("segment")}
    return [f"{kind} {name}" for kind, name in named.items() if name]


def _examine(history: History, objectives: Objectives) -> Findings:
    rule: Mapping[str, float] = objectives.contract.get("spread", {})
    if not rule:
        return Findings(0, missing="the target declares no caps on shares")
    funders, whose = objectives.system.playing(FUNDER), business(history)
    moves = [e for f in ("reserve", "commit", "release") for e in history.ledger(f)]
    lent, found, examined = _Lent(), dict[str, Mapping[str, object]](), 0
    for entry in sorted((e for e in moves if e.p in funders), key=lambda e: e.t_s):
        its = whose.get(entry.k, {})
        if lent.take(entry, its):
            examined += 1
            for place, one in _too_large(entry, its, lent, rule):
                found.setdefault(place, one)
    parts = {place: minor for place, minor in sorted(lent.minor.items()) if place}
    return Findings(
        examined=examined,
        bad=list(found.values()),
        details={"lent_minor": lent.minor[""], "parts_minor": parts},
    )


def _too_large(
    entry: Event, whose: Mapping[str, object], lent: _Lent, rule: Mapping[str, float]
) -> Iterator[tuple[str, Mapping[str, object]]]:
    whole_minor = max(lent.minor[""], rule["from_minor"])
    for place in places(entry, whose):
        share = rule.get(place.partition(" ")[0], 1.0)
        has_minor = lent.minor[place]
        if has_minor > share * whole_minor * ROUNDING:
            what = f"{place} has {money(has_minor)} of {money(int(whole_minor))} at "
            what += f"{entry.t_s:.2f} s with application {entry.k}, and {share:.0%} is the most"
            yield place, bad(entry.t_s, what, [entry.i], application_id=entry.k, part=place)


INVARIANT = Invariant(
    name="lending_stays_spread",
    ids=("C2", "M5"),
    claim="No funder, no region and no segment gets a larger part of what is lent than its cap, "
    "whoever is unreachable.",
    examine=_examine,
    roles=(FUNDER,),
    ledgers=(FUNDER,),
    of=("submit",),
)
