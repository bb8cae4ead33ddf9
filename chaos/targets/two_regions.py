"""The reference service in two regions: a database in A, its standby in B.

region A                      region B
lending ──> database <──────── database_b       follows over a link of its own, either way round
    └───────────────────────> database_b        writes go to whichever takes them
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chaos.targets.reference import Reference
from harness.target import LinkSpec, ServiceSpec, Wiring

PRIMARY, STANDBY = "database", "database_b"
STANDBY_ROLE = "standby_database"


class TwoRegions(Reference):
    """As a target (`harness.target.Target`)."""

    runtimes = ("sim", "process")

    def __init__(self) -> None:
        """Put the second region beside the first."""
        super().__init__()
        self.name = "two-regions"
        standby = ServiceSpec(
            STANDBY, "", STANDBY_ROLE, needs=(PRIMARY,), protocol="postgres", standby_of=PRIMARY
        )
        self.services = (*map(_after_both, self.services), standby)
        between = [
            ("lending", STANDBY),
            (STANDBY, PRIMARY),
            (PRIMARY, STANDBY),
        ]
        self.links = (
            *self.links,
            *(LinkSpec(f"{a}->{b}", a, b, protocol="postgres") for a, b in between),
        )

    def config(self, service: str, wiring: Wiring) -> dict[str, Any]:
        """The configuration document of a service; {} for databases, which take none."""
        return {} if service == STANDBY else super().config(service, wiring)

    def _lending(self, wiring: Wiring) -> dict[str, object]:
        found = super()._lending(wiring)
        others = [wiring.through(f"lending->{STANDBY}")]
        database = {**wiring.database(f"lending->{PRIMARY}"), "others": others}
        return {**found, "database": database}


def _after_both(service: ServiceSpec) -> ServiceSpec:
    """Commits wait for the standby from the first one on."""
    needs = (*service.needs, STANDBY) if PRIMARY in service.needs else service.needs
    return replace(service, needs=needs)


TARGET = TwoRegions()
