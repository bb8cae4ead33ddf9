"""The reference service in two regions, with an instance in each: one writes, the other stands by.

    borrower ──> lending ────> database <── database_b
        │           ^ └──────────────────────> ^ │
        └──────> lending_b ──> database <────────┘   and the third parties, as lending does

Borrowers know both addresses. The instance away forwards writes to the one at home over
`lending_b->lending`, and the other way round once it has the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaos.targets.reference import HOME, url
from chaos.targets.two_regions import TwoRegions
from harness.target import LinkSpec, ServiceSpec, Wiring

GRACE_S = 1.0  # chosen: who held the epoch last gets it first
INSTANCE_ROLE = "standby_lending"


class ActivePassive(TwoRegions):
    """As a target (`harness.target.Target`)."""

    runtimes: tuple[str, ...] = ("process",)

    def __init__(self) -> None:
        """Put the second instance beside the first."""
        super().__init__()
        self.name, self.away = "active-passive", "lending_b"
        self.entries = (f"borrower->{self.away}",)
        home = next(one for one in self.services if one.name == HOME)
        needs = (*home.needs, HOME)  # so that who is at home writes first
        away = ServiceSpec(
            self.away, home.module, INSTANCE_ROLE, ready_path=home.ready_path, needs=needs
        )
        own = [link for link in self.links if link.caller == HOME]
        pairs = [("borrower", self.away), (HOME, self.away), (self.away, HOME)]
        self.services = (*self.services, away)
        self.links = (
            *self.links,
            *(LinkSpec(f"{a}->{b}", a, b) for a, b in pairs),
            *(
                LinkSpec(f"{self.away}->{one.callee}", self.away, one.callee, one.protocol)
                for one in own
            ),
        )

    def counts(self, link: LinkSpec, caller: str, callee: Mapping[str, object]) -> dict[str, int]:
        """As in one region; nobody counts what one instance forwards to the other."""
        between = {link.caller, link.callee} == {HOME, self.away}
        return {} if between else super().counts(link, caller, callee)

    def _own(self, service: str, wiring: Wiring) -> dict[str, Any]:
        if service not in (HOME, self.away):
            return super()._own(service, wiring)
        other = self.away if service == HOME else HOME
        grace_s = 0.0 if service == HOME else GRACE_S
        peer = {"url": url(wiring, f"{service}->{other}"), "grace_s": grace_s}
        return {**self._lending(wiring, service), "peer": peer}


TARGET = ActivePassive()
