"""Services that end in good order, and start again, in virtual time."""

from __future__ import annotations

from harness.runtimes.sim.controls import SimProcesses, start

DRAIN_S = 1.0  # as of the programs on sockets: calls in flight have so long to be answered
POLL_S = 0.01


class SimLifecycle(SimProcesses):
    """`LifecycleControl` over the services of a run; looked at and undone like processes."""

    async def stop(self, service: str) -> None:
        """Let it answer what is in flight, then end it.

        Raises:
            RuntimeFailure: it does not run.
        """
        host, clock = self._running(service), self._talk.clock
        until_s = clock.now_s() + DRAIN_S
        while host.busy and clock.now_s() < until_s:
            await clock.sleep(POLL_S)
        host.kill()
        await host.buried()

    async def restart(self, service: str) -> None:
        """Stop it, and start it at once.

        Raises:
            RuntimeFailure: it does not run, or does not come back.
        """
        await self.stop(service)
        await start(self._network.host(service), self._talk)
