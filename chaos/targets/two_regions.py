"""The reference service in two regions: at home and away. Either one can be the home.

    home                          away
    lending ──> database <──────── database_b       follows over a link of its own, either way round
        └───────────────────────> database_b        writes go to whichever takes them

What is at home has the same name as in one region, so the same documents are about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chaos.targets.reference import HOME, Reference
from harness.ports import Capability, Fault
from harness.target import LinkSpec, ServiceSpec, Wiring

PRIMARY = "database"
STANDBY_ROLE = "standby_database"
MANAGED = "chaos.targets.two_regions_patroni"


class TwoRegions(Reference):
    """As a target (`harness.target.Target`).

    Args:
        home, away: the regions; what is in the second one ends in its name.
    """

    runtimes: tuple[str, ...] = ("sim", "process", "docker")

    def __init__(self, home: str = "a", away: str = "b") -> None:
        """Put the second region beside the first."""
        super().__init__()
        self._from = "" if home == "a" else f"_from_{home}"
        self.name = "two-regions" if home == "a" else f"two-regions-from-{home}"
        self.standby = f"database_{away}"
        needs = (PRIMARY,)
        standby = ServiceSpec(
            self.standby, "", STANDBY_ROLE, needs=needs, protocol="postgres", standby_of=PRIMARY
        )
        self.services = (*(self._after_both(one) for one in self.services), standby)
        between = [
            ("lending", self.standby),
            (self.standby, PRIMARY),
            (PRIMARY, self.standby),
        ]
        self.links = (
            *self.links,
            *(LinkSpec(f"{a}->{b}", a, b, protocol="postgres") for a, b in between),
        )

    def topology_for(self, design: Mapping[str, object]) -> str:
        """The module of the topology that a design asks for; "" for this one."""
        managed = design.get("failover") == "patroni"
        return f"{MANAGED}{self._from}" if managed else ""

    def refused(self, fault: Fault) -> str:
        """Why a fault means nothing here; "" where it does."""
        if fault.capability is Capability.DISK:
            return "the data of both databases lie on the machine's own disk"
        return ""

    def config(self, service: str, wiring: Wiring) -> dict[str, Any]:
        """The configuration document of a service; {} for databases, which take none."""
        return {} if service == self.standby else super().config(service, wiring)

    def _lending(self, wiring: Wiring, name: str = HOME) -> dict[str, Any]:
        found = super()._lending(wiring, name)
        others = [wiring.through(f"{name}->{self.standby}")]
        database = {**wiring.database(f"{name}->{PRIMARY}"), "others": others}
        return {**found, "database": database}

    def _after_both(self, service: ServiceSpec) -> ServiceSpec:
        """Commits wait for the standby from the first one on."""
        needs = (*service.needs, self.standby) if PRIMARY in service.needs else service.needs
        return replace(service, needs=needs)


TARGET = TwoRegions()
