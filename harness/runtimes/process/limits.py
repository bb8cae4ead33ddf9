"""Power over how much of the processor the services of a run get.

A throttle is a program of the run as any other: marked, on record before it starts, ended with it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.clock import poll
from harness.errors import RuntimeFailure
from harness.json_types import JsonDict
from harness.ports import Observation, UndoRecord
from harness.runtimes.process.launch import Command
from harness.runtimes.process.processes import ProcessesOfRun
from harness.runtimes.process.site import Site
from harness.runtimes.real.procs import Proc

MODULE = "harness.runtimes.real.throttle"
START_S = 3.0  # chosen: Python on a busy machine


class CpuOfRun:
    """`CpuControl`: how much of the processor a service gets.

    Args:
        site: the run.
        processes: lets a service go on that was held, or starts it again.
    """

    def __init__(self, site: Site, processes: ProcessesOfRun) -> None:
        """Remember them."""
        self._site, self._processes = site, processes

    async def healthy(self, where: str) -> Mapping[str, object]:
        """`cores`: None, for no limit."""
        self._site.service(where)
        return {"cores": None}

    async def limit_cpu(self, service: str, cores: float) -> None:
        """Hold the service back to so much of the processor.

        Raises:
            RuntimeFailure: it does not run, or its throttle does not start.
        """
        head = self._processes.running(service)[0]
        throttle, report = _throttle(service), self._file(service)
        command = self._command(head, cores, report, throttle)
        report.unlink(missing_ok=True)
        self._site.recovery.change(
            lambda state: state["commands"].update({throttle: command.as_data()})
        )
        self._site.launcher.start(throttle)
        if not await poll(report.exists, self._site.clock, within_s=START_S):
            words = self._site.launcher.last_words(throttle)
            raise RuntimeFailure(f"{throttle} does not start within {START_S:g} s{words}")

    async def observe(self, where: str) -> Observation:
        """A canary, the limit, and how long the service was held back.

        Counts: how often it was `held`, the `held_ms` that it had to wait, `cpu_ms` used.
        """
        seen = await self._processes.observe(where)
        figures = self._report(where)
        state = {**seen.state, "cores": figures.pop("cores", None)}
        counts = {**seen.counts, **figures}
        return Observation(seen.t_s, seen.canary, seen.latency_s, counts, state)

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """End the throttle, then let the service go on; start it again if it ended meanwhile."""
        await self._site.end(self._site.family(_throttle(record.where)))
        await self._processes.undo(record, others)

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Whether nobody holds the service back any more."""
        free = not self._site.family(_throttle(record.where))
        return free and await self._processes.undone(record, others)

    def _command(self, head: Proc, cores: float, report: Path, throttle: str) -> Command:
        state = self._site.recovery.read()
        log = str(Path(state["run_dir"]) / "logs" / f"{throttle}.log")
        figures = [str(head.pid), str(head.start_ticks), str(cores), str(report)]
        cwd = state["commands"][head.program]["cwd"]
        return Command([sys.executable, "-P", "-m", MODULE, *figures], log, cwd)

    def _file(self, service: str) -> Path:
        return Path(self._site.recovery.read()["work_dir"]) / f"{_throttle(service)}.json"

    def _report(self, service: str) -> JsonDict:
        """What the throttle did so far; {} when there is none."""
        if not self._site.family(_throttle(service)):
            return {}
        try:
            return dict(json.loads(self._file(service).read_bytes()))
        except FileNotFoundError:
            return {}  # it starts


def _throttle(service: str) -> str:
    return f"cpu_limit.{service}"
