"""The controls of a run by capability."""

from __future__ import annotations

from collections.abc import Mapping

from harness.people import People
from harness.ports import Capability
from harness.runtimes.process.allowed import AllowedContainers
from harness.runtimes.process.limits import CpuOfRun
from harness.runtimes.process.managed import ManagedReplication
from harness.runtimes.process.servers import ServersOfRun
from harness.runtimes.process.site import Site
from harness.runtimes.real.replication import ReplicationOfRun
from harness.runtimes.real.upstreams import StandIns


def controls_of(site: Site) -> Mapping[Capability, object]:
    """One control for each capability of this runtime."""
    processes = AllowedContainers(site)
    managed = any(one["manages"] for one in site.recovery.read()["services"].values())
    return {
        Capability.LINKS: site.links,
        Capability.PEOPLE: People(site.clock),
        Capability.PROCESSES: processes,
        Capability.LIFECYCLE: processes,
        Capability.CPU: CpuOfRun(site, processes),
        Capability.REPLICATION: (
            ManagedReplication(site, processes)
            if managed
            else ReplicationOfRun(site, processes, ServersOfRun(site, processes))
        ),
        Capability.UPSTREAMS: StandIns(site, processes.bring_back),
    }
