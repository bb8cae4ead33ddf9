"""Two regions whose databases Patroni manages, with etcd in a third one.

home                                away
patroni ──> etcd (third) <───────── patroni_b       who holds the leader key leads
   └──────────── each asks the other ────┘
database <───────────────────────── database_b      starts and follows as its Patroni says
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from chaos.targets.two_regions import PRIMARY, TwoRegions
from harness.ports import Fault
from harness.target import LinkSpec, ServiceSpec

STORE = "etcd"
MANAGER_ROLE, STORE_ROLE = "failover_manager", "lease_store"
LOOP_S, RETRY_S = 1, 3
LEFT_OUT: Mapping[str, int] = {"ttl_s": 20, "maximum_lag_on_failover": 1_048_576}
SURE_S = 8.0  # beyond the lease: the standby asks once a loop and promotes in a second or two


class PatroniRegions(TwoRegions):
    """As a target (`harness.target.Target`).

    Args:
        home, away: the regions; what is in the second one ends in its name.
    """

    runtimes = ("process",)

    def __init__(self, home: str = "a", away: str = "b") -> None:
        """Put a Patroni beside each database, and what they decide by in a third region."""
        super().__init__(home, away)
        self.name = self.name.replace("regions", "regions-patroni")
        managers = {"patroni": PRIMARY, f"patroni_{away}": self.standby}
        self.services = (
            *(self._managed(one) for one in self.services),
            ServiceSpec(STORE, "", STORE_ROLE, ready_path="/health", part=STORE),
            *(
                ServiceSpec(
                    name, "", MANAGER_ROLE, ready_path="/liveness", needs=(database,),
                    part="patroni", manages=database,
                )
                for name, database in managers.items()
            ),
        )  # fmt: skip
        pairs = [(name, STORE) for name in managers]
        pairs += [(a, b) for a in managers for b in managers if a != b]
        self.links = (*self.links, *(LinkSpec(f"{a}->{b}", a, b) for a, b in pairs))

    def topology_for(self, design: Mapping[str, object]) -> str:
        """This one is what such a design asks for."""
        return ""

    def cluster(self, design: Mapping[str, object]) -> dict[str, object]:
        """What the Patronis agree on."""
        rule = _rule(design)
        settings = {
            "wal_log_hints": "on",
            "max_connections": 60,
            "wal_keep_size": "128MB",
            "wal_retrieve_retry_interval": "100ms",
            "recovery_init_sync_method": "syncfs",  # else file by file: seconds on a busy disk
        }
        return {
            "ttl": rule["ttl_s"],
            "loop_wait": LOOP_S,
            "retry_timeout": RETRY_S,
            "primary_start_timeout": 0,
            "maximum_lag_on_failover": rule["maximum_lag_on_failover"],
            "synchronous_mode": rule["synchronous_mode"] != "off",
            "synchronous_mode_strict": rule["synchronous_mode"] == "strict",
            "postgresql": {"use_pg_rewind": True, "use_slots": True, "parameters": settings},
        }

    def least_s(self, design: Mapping[str, object]) -> dict[str, float]:
        """A partition changes nothing before the lease has run out; after it, the old primary has
        to be a standby again before the next one can be lost."""
        return {"split_brain": _rule(design)["ttl_s"] + SURE_S, "promote": 0.0}

    def counts(self, link: LinkSpec, caller: str, callee: Mapping[str, object]) -> dict[str, int]:
        """Nobody counts what Patronis ask."""
        asks = any(one.manages for one in self.services if one.name == link.caller)
        return {} if asks else super().counts(link, caller, callee)

    def refused(self, fault: Fault) -> str:
        """Why a fault means nothing here; "" where it does."""
        if fault.kind == "demote":
            return "Patroni stops an old primary, so none lives on read-only"
        if getattr(fault, "stage", "") == "apply":
            return "Patroni decides when a standby applies; stage: receive can be had"
        return super().refused(fault)

    def _managed(self, service: ServiceSpec) -> ServiceSpec:
        """A database is started once there is something to decide by."""
        if not service.is_database:
            return service
        return replace(service, needs=(*service.needs, STORE))


def _rule(design: Mapping[str, object]) -> Mapping[str, Any]:
    """How Patroni decides; what a design leaves out is as the service's own design has it."""
    return {**LEFT_OUT, **cast(Mapping[str, Any], design["patroni"])}


TARGET = PatroniRegions()
