"""Whether a recovery state is one of a run in containers."""

from __future__ import annotations

import ipaddress
import os

from harness.runtimes.docker.subnets import RANGE, VARIABLE
from harness.runtimes.real.checking import checked
from harness.runtimes.real.document import RunFolders


def check(document: object, folders: RunFolders) -> dict[str, object]:
    """The state that a recovery file of this runtime holds (`checking.checked`)."""
    return checked(document, folders, in_range)


def in_range(host: str) -> bool:
    """Whether a host is in the range of which runs take their networks."""
    try:
        whole = ipaddress.IPv4Network(os.environ.get(VARIABLE, RANGE))
        return ipaddress.IPv4Address(host) in whole
    except ValueError:
        return False
