"""The controls of a run by capability."""

from __future__ import annotations

from collections.abc import Mapping

from harness.people import People
from harness.ports import Capability
from harness.runtimes.docker.disk import DiskOfRun
from harness.runtimes.docker.limits import CpuOfRun, MemoryOfRun
from harness.runtimes.docker.network import NetworkOfRun
from harness.runtimes.docker.processes import ContainersOfRun
from harness.runtimes.docker.servers import ServersOfRun
from harness.runtimes.docker.site import Site
from harness.runtimes.real.replication import ReplicationOfRun
from harness.runtimes.real.upstreams import StandIns


def controls_of(site: Site) -> Mapping[Capability, object]:
    """One control for each capability of this runtime."""
    processes = ContainersOfRun(site)
    return {
        Capability.LINKS: site.links,
        Capability.PEOPLE: People(site.clock),
        Capability.PROCESSES: processes,
        Capability.LIFECYCLE: processes,
        Capability.UPSTREAMS: StandIns(site, processes.bring_back),
        Capability.CPU: CpuOfRun(site, processes),
        Capability.MEMORY: MemoryOfRun(site, processes),
        Capability.DISK: DiskOfRun(site, processes),
        Capability.REPLICATION: ReplicationOfRun(site, processes, ServersOfRun(site, processes)),
        Capability.NETWORK: NetworkOfRun(site, processes),
    }
