"""Power over the containers of a run as processes: kill, pause, stop, restart, bring back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.errors import RuntimeFailure
from harness.ports import UndoRecord, held
from harness.runtimes.docker.site import Site
from harness.runtimes.real.sites import RealServices

GRACE_S = 3  # chosen: our programs end within 2 s of SIGTERM


class ContainersOfRun(RealServices[Site]):
    """`ProcessControl` and `LifecycleControl` over the services that this run started."""

    async def kill(self, service: str) -> None:
        """SIGKILL every process of the container.

        Raises:
            RuntimeFailure: it does not run.
        """
        container = await self._running(service)
        with self._site.exits.asked(service):
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
        with self._site.exits.asked(service):
            await self._site.engine.call(f"stopping {service}", container.stop, timeout=GRACE_S)

    async def restart(self, service: str) -> None:
        """Stop the container in good order and start it at once, as an orchestrator does.

        Raises:
            RuntimeFailure: it does not run.
        """
        container = await self._running(service)
        with self._site.exits.asked(service):
            again = f"restarting {service}"
            await self._site.engine.call(again, container.restart, timeout=GRACE_S)

    async def _process_state(self, service: str) -> Mapping[str, object]:
        state = (await self._site.inspect(service))["State"]
        return {
            "pid": state["Pid"] or None,
            "start_time": state["StartedAt"],
            "proc_state": state["Status"],
            "exit_code": state["ExitCode"],
            "oom_killed": state["OOMKilled"],
        }

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """Let it go on if it is paused, start it if it ended; how soon it is ready is its own
        affair. One that another fault wants so stays as it is."""
        if not held(others):
            await self.let_run(record.where)

    async def let_run(self, service: str) -> None:
        """Make a service run, whatever state its container is in."""
        engine = self._site.engine
        container = await engine.container(service)
        if container.status == "paused":
            await engine.call(f"unpausing {service}", container.unpause)
        elif container.status not in ("running", "restarting"):
            await engine.call(f"starting {service}", container.start)

    async def bring_back(self, service: str) -> None:
        """Make a service run, and wait until it answers."""
        await self.let_run(service)
        await self.ready(service)

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Whether it runs and is not paused."""
        return held(others) or await self.runs(record.where)

    async def runs(self, service: str) -> bool:
        """Whether a service runs."""
        return bool((await self._site.inspect(service))["State"]["Status"] == "running")

    async def _running(self, service: str) -> Any:
        self._site.service(service)
        container = await self._site.engine.container(service)
        if container.status != "running":
            words = await self._site.engine.last_words(service)
            raise RuntimeFailure(f"{service} does not run{words}")
        return container
