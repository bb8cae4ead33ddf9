"""The controls of a run by capability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.errors import UnsupportedFault
from harness.ports import Capability
from harness.runtimes.docker.limits import DiskOfRun, MemoryOfRun, NetworkOfRun
from harness.runtimes.docker.processes import ContainersOfRun
from harness.runtimes.docker.site import Site
from harness.runtimes.upstreams import StandIns

CAPABILITIES = frozenset(
    {
        Capability.LINKS,
        Capability.PROCESSES,
        Capability.LIFECYCLE,
        Capability.UPSTREAMS,
        Capability.MEMORY,
        Capability.DISK,
        Capability.NETWORK,
    }
)


def controls_of(site: Site) -> Mapping[Capability, Any]:
    """One control for each capability of this runtime."""
    processes = ContainersOfRun(site)
    return {
        Capability.LINKS: site.links,
        Capability.PROCESSES: processes,
        Capability.LIFECYCLE: processes,
        Capability.UPSTREAMS: StandIns(site, processes.bring_back),
        Capability.MEMORY: MemoryOfRun(site, processes),
        Capability.DISK: DiskOfRun(site, processes),
        Capability.NETWORK: NetworkOfRun(site, processes),
    }


def pick(controls: Mapping[Capability, Any], capability: Capability) -> Any:
    """The control for a capability.

    Raises:
        UnsupportedFault: there is none here; says what there is.
    """
    if capability not in controls:
        raise UnsupportedFault(
            f"the runtime docker has no power over {str(capability)!r}; "
            f"it has {', '.join(controls)}"
        )
    return controls[capability]
