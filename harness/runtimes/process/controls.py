"""The controls of a run by capability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.errors import UnsupportedFault
from harness.ports import Capability
from harness.runtimes.process.processes import ProcessesOfRun
from harness.runtimes.process.site import Site
from harness.runtimes.upstreams import StandIns


def controls_of(site: Site) -> Mapping[Capability, Any]:
    """One control for each capability of this runtime."""
    processes = ProcessesOfRun(site)
    return {
        Capability.LINKS: site.links,
        Capability.PROCESSES: processes,
        Capability.LIFECYCLE: processes,
        Capability.UPSTREAMS: StandIns(site, processes.bring_back),
    }


def pick(controls: Mapping[Capability, Any], capability: Capability) -> Any:
    """The control for a capability.

    Raises:
        UnsupportedFault: there is none here; says what there is.
    """
    if capability not in controls:
        raise UnsupportedFault(
            f"the runtime process has no power over {str(capability)!r}; "
            f"it has {', '.join(controls)}"
        )
    return controls[capability]
