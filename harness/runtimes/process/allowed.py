"""Containers that stand already, where the target allows it: killed, paused, stopped, restarted by
`docker`, by the name that the target gives, and brought back as they were found: running."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.ports import UndoRecord, held
from harness.runtimes.process.processes import ProcessesOfRun
from harness.runtimes.real.their_containers import RUNS, docker, run_again, state_of

GRACE_S = 3  # as for the run's own programs


class AllowedContainers(ProcessesOfRun):
    """`ProcessControl` and `LifecycleControl` over the run's own services, and over containers
    that `allow:` names."""

    async def kill(self, service: str) -> None:
        """SIGKILL the service, or every process of its container."""
        if container := self._container(service):
            await docker("kill", container)
        else:
            await super().kill(service)

    async def pause(self, service: str) -> None:
        """Freeze the service, or its container."""
        if container := self._container(service):
            await docker("pause", container)
        else:
            await super().pause(service)

    async def stop(self, service: str) -> None:
        """Ask the service, or its container, to end; after 3 s it is killed."""
        if container := self._container(service):
            await docker("stop", "--time", str(GRACE_S), container)
        else:
            await super().stop(service)

    async def restart(self, service: str) -> None:
        """Stop the service, or its container, in good order and start it at once."""
        if container := self._container(service):
            await docker("restart", "--time", str(GRACE_S), container)
        else:
            await super().restart(service)

    async def let_run(self, service: str) -> None:
        """Make it run, whatever state it is in."""
        if container := self._container(service):
            await run_again(container)
        else:
            await super().let_run(service)

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Whether it runs and is not stopped."""
        if container := self._container(record.where):
            return held(others) or (await state_of(container))["Status"] == RUNS
        return await super().undone(record, others)

    async def _process_state(self, service: str) -> Mapping[str, object]:
        if not (container := self._container(service)):
            return await super()._process_state(service)
        state = await state_of(container)
        return {
            "pid": state["Pid"] or None,
            "start_time": state["StartedAt"],
            "proc_state": state["Status"],
            "exit_code": state["ExitCode"],
        }

    def _container(self, service: str) -> str:
        """The container of a service; "" for a service of the run."""
        return str(self._site.service(service)["container"])
