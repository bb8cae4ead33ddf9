"""Power over the volume of the database, which has a size of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from harness.errors import RuntimeFailure
from harness.ports import Observation, UndoRecord
from harness.runtimes.docker.plan import DISK, INSIDE_DATA
from harness.runtimes.docker.processes import ContainersOfRun
from harness.runtimes.docker.site import Site
from harness.runtimes.real.document import DATABASE_KIND

FILL = f"{INSIDE_DATA}/filled-by-the-harness"
SPARE = (
    "import os, json; s = os.statvfs('{}'); print(json.dumps([s.f_bavail * s.f_frsize, "
    "os.path.exists('{}')]))"
)
FILLING = """
import errno
with open('{}', 'wb', buffering=0) as file:
    for size in (2**20, 2**12, 1):
        try:
            while True:
                file.write(bytes(size))
        except OSError as full:
            if full.errno != errno.ENOSPC:
                raise
"""


class DiskOfRun:
    """`DiskControl`: the volume of the database, which has a size of its own.

    Args:
        site: the run.
        processes: brings a database back that stopped for want of space.
    """

    def __init__(self, site: Site, processes: ContainersOfRun) -> None:
        """Remember them."""
        self._site, self._processes = site, processes

    async def healthy(self, where: str) -> Mapping[str, object]:
        """`filled`: our file is not there.

        Raises:
            RuntimeFailure: the service has no volume.
        """
        services = self._site.recovery.read()["services"]
        if self._site.service(where)["kind"] != DATABASE_KIND:
            raise RuntimeFailure(f"{where} has no volume; only the database has one")
        if any(one["standby_of"] == where for one in services.values()):
            raise RuntimeFailure(f"{where} has a standby: their data lie on the machine's own disk")
        return {"filled": False}

    async def fill_disk(self, service: str) -> None:
        """Write a file until there is no byte left; the database may end of that."""
        self._site.exits.allow(service, "disk", may=True)
        await self._python(FILLING.format(FILL))

    async def observe(self, where: str) -> Observation:
        """A canary to the database; counts `free_bytes` of its volume."""
        seen = await self._processes.observe(where)
        free_bytes, filled = await self._look()
        state = {**seen.state, "filled": filled}
        counts = {**seen.counts, "free_bytes": free_bytes}
        return Observation(seen.t_s, seen.canary, seen.latency_s, counts, state)

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """Remove our file; start the database again if it ended meanwhile."""
        if not record.restore["filled"]:
            await self._python(f"import pathlib; pathlib.Path('{FILL}').unlink(missing_ok=True)")
        await self._processes.undo(record, others)
        self._site.exits.allow(record.where, "disk", may=bool(others))

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Whether our file is gone, there is space again, and the database runs."""
        free_bytes, filled = await self._look()
        if filled != record.restore["filled"] or not free_bytes:
            return False
        return await self._processes.undone(record, others)

    async def _look(self) -> tuple[int, bool]:
        free_bytes, filled = json.loads(await self._python(SPARE.format(INSIDE_DATA, FILL)))
        return int(free_bytes), bool(filled)

    async def _python(self, program: str) -> str:
        """Run a few lines of ours in the container that holds the volume."""
        holder = await self._site.engine.container(DISK)
        code, said = await self._site.engine.call(
            "the volume of the database", holder.exec_run, ["python3", "-c", program]
        )
        if code != 0:
            raise RuntimeFailure(f"the volume of the database: {said.decode()[-300:]}")
        return str(said.decode())
