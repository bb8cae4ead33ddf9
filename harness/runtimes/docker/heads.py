"""The first process of each container of a run, as this machine's kernel knows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.procfs import PROC, Proc, identify
from harness.runtimes.docker.engine import PROGRAM, Engine


class Heads:
    """Asks the engine again only when one of them has ended.

    An engine of another machine, or of a virtual one, tells ids that mean something else here: a
    process counts only where the kernel says that it is in that container.
    """

    def __init__(self, engine: Engine) -> None:
        """Nothing is asked yet."""
        self._engine = engine
        self._known: Mapping[str, Proc] = {}

    async def living(self) -> Mapping[str, Proc]:
        """By program."""
        if not self._known or not all(one.lives for one in self._known.values()):
            found = map(_head, await self._engine.containers())
            self._known = {one.program: one for one in found if one}
        return self._known


def _head(container: Any) -> Proc | None:
    pid = int(container.attrs["State"]["Pid"])
    if not pid or container.id not in _groups(pid):
        return None
    return identify(pid, str(container.labels[PROGRAM]))


def _groups(pid: int) -> str:
    """Source: proc(5), /proc/PID/cgroup; an engine names a container's groups after its id."""
    try:
        return (PROC / str(pid) / "cgroup").read_text()
    except OSError:
        return ""
