"""Power over the containers of a run as processes: kill, pause, stop, restart, bring back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.errors import RuntimeFailure
from harness.ports import UndoRecord
from harness.runtimes.docker.site import Site
from harness.runtimes.real.sites import BACK_S, RealServices

GRACE_S = 3  # chosen: our programs end within 2 s of SIGTERM


class ContainersOfRun(RealServices[Site]):
    """`ProcessControl` and `LifecycleControl` over the services that this run started."""

    async def kill(self, service: str) -> None:
        """SIGKILL every process of the container.

        Raises:
            RuntimeFailure: it does not run.
        """
        container = await self._running(service)
        await self._site.engine.call(f"killing {service}", container.kill, signal="SIGKILL")
        await self._site.engine.call(f"end of {service}", container.wait, timeout=GRACE_S)

    async def pause(self, service: str) -> None:
        """Freeze every process of the container; its sockets stay open and take connections.

        Raises:
            RuntimeFailure: it does not run.
        """
        container = await self._running(service)
        await self._site.engine.call(f"pausing {service}", container.pause)

    async def stop(self, service: str) -> None:
        """Ask the container to end in good order; after 3 s it is killed.

        Raises:
            RuntimeFailure: it does not run.
        """
        container = await self._running(service)
        await self._site.engine.call(f"stopping {service}", container.stop, timeout=GRACE_S)

    async def restart(self, service: str) -> None:
        """Stop the container in good order and start it at once, as an orchestrator does.

        Raises:
            RuntimeFailure: it does not run.
        """
        container = await self._running(service)
        await self._site.engine.call(f"restarting {service}", container.restart, timeout=GRACE_S)

    async def _told(self, service: str) -> Mapping[str, Any]:
        state = (await self._site.inspect(service))["State"]
        return {
            "pid": state["Pid"] or None,
            "start_time": state["StartedAt"],
            "proc_state": state["Status"],
            "exit_code": state["ExitCode"],
            "oom_killed": state["OOMKilled"],
        }

    async def undo(self, record: UndoRecord) -> None:
        """Let it go on if it is paused, start it if it ended or does not come round.

        Raises:
            RuntimeFailure: it was started again and does not become ready.
        """
        await self.bring_back(record.where)

    async def bring_back(self, service: str) -> None:
        """Make a service run and answer, whatever state its container is in."""
        engine = self._site.engine
        container = await engine.container(service)
        if container.status == "paused":
            await engine.call(f"unpausing {service}", container.unpause)
        if container.status in ("paused", "running", "restarting"):
            if await self.answers(service):
                return
            await engine.call(f"restarting {service}", container.restart, timeout=0)
        else:
            await engine.call(f"starting {service}", container.start)
        await self._site.ready(service, BACK_S)

    async def undone(self, record: UndoRecord) -> bool:
        """Whether it runs, is not paused and answers."""
        return await self.is_back(record.where)

    async def is_back(self, service: str) -> bool:
        """Whether a service runs and answers."""
        if (await self._site.inspect(service))["State"]["Status"] != "running":
            return False
        return await self.answers(service)

    async def _running(self, service: str) -> Any:
        self._site.service(service)
        container = await self._site.engine.container(service)
        if container.status != "running":
            words = await self._site.engine.last_words(service)
            raise RuntimeFailure(f"{service} does not run{words}")
        return container
