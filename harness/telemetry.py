"""The state of the service under test, asked for every second and written into the history.

An event of source `service`, `f` gauges; its values are groups, as `Target.gauges` gives them, of
answers that came within the second before it. A service that does not answer leaves a gap: nothing
waits for it, and no verdict rests on one. A request may name another program to be asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from harness.clock import NS
from harness.history import HistoryWriter
from harness.looks import Stop
from harness.ports import Runtime
from harness.reporting import GAUGES, Gauge, Groups, gauges_of
from harness.target import Target, entry_service

EVERY_S = 1.0  # chosen: breakers are open for seconds


@dataclass(frozen=True)
class Telemetry:
    """Asks the service under test for its state."""

    runtime: Runtime
    target: Target
    writer: HistoryWriter

    async def watch(self, stop: Stop) -> None:
        """Until a stop is asked for, or cancelled."""
        asked = gauges_of(self.target)
        service, clock = entry_service(self.target), self.runtime.clock
        while asked and not stop.asked:
            groups = await self._groups(service, asked)
            if groups:
                t = max(0, int(clock.now_s() * NS))
                self.writer.append(
                    t=t, p=service, type="info", f=GAUGES, v=dict(groups), src="service"
                )
            await clock.sleep(EVERY_S)

    async def _groups(self, service: str, asked: Sequence[Gauge]) -> Groups:
        answers = await asyncio.gather(
            *(self.runtime.ask(one.to or service, one) for one, _ in asked)
        )
        each = [read(answer) for (_, read), answer in zip(asked, answers, strict=True)]
        return {name: values for groups in each for name, values in groups.items()}
