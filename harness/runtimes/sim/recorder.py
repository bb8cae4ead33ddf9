"""The history of a scenario, in memory: the same events as a run writes."""

from __future__ import annotations

from collections.abc import Iterable

from harness.clock import NS
from harness.history import Event, History
from harness.json_types import JsonObject
from harness.model import Outcome, Phase
from harness.runtimes.sim.handles import TICKS
from harness.runtimes.sim.loop import SimLoop
from harness.scenario import Fired
from harness.target import Call, Completion


class Recorder:
    """Collects events."""

    def __init__(self, loop: SimLoop, seed: int) -> None:
        """Write the first event."""
        self._loop = loop
        self._phase = ""
        self.events: list[Event] = []
        self._add(0, "harness", "start", "run", v={"seed": seed, "runtime": "sim"}, src="clock")

    def now_ns(self) -> int:
        """Now, ns on the run clock."""
        return round(self._loop.time() * TICKS) * (NS // TICKS)

    def phase(self, phase: Phase) -> None:
        """From now on events belong to `phase`."""
        self._phase = phase.value
        self._add(self.now_ns(), "harness", "info", "phase", phase.value, src="clock")

    def take(self, event: JsonObject) -> None:
        """A client event, as the driver of journeys emits it."""
        self.events.append(Event(i=len(self.events), phase=self._phase, **event))

    def invoke(self, process: str, call: Call) -> None:
        """A last read begins."""
        now = self.now_ns()
        self._add(now, process, "invoke", call.f, call.k, dict(call.args), due=now)

    def complete(self, process: str, call: Call, came: Completion) -> None:
        """A last read ended."""
        v = dict(came.value)
        self._add(self.now_ns(), process, came.outcome.value, call.f, call.k, v, err=came.err)

    def fault(self, fired: Fired) -> None:
        """A fault that happened, and when it was over."""
        edge, action = fired.point.edge, "action"
        at, over = round(fired.t_s * NS), round(fired.t_over_s * NS)
        mode, call = fired.mode, str(fired.point)
        self._nemesis(at, mode, edge, {action: "inject", "id": call, "call": call})
        self._nemesis(over, mode, edge, {action: "heal", "id": call, "proven_undone": True})

    def ledger(self, name: str, entries: Iterable[JsonObject]) -> None:
        """What a stand-in's ledger says."""
        count = 0
        for entry in entries:
            t = round(entry["t_s"] * NS)
            self._add(t, name, "ok", entry["f"], entry["k"], dict(entry), src="ledger")
            count += 1
        self._add(self.now_ns(), name, "info", "ledger", v={"entries": count}, src="clock")

    def history(self) -> History:
        """What was recorded so far."""
        return History(self.events)

    def _nemesis(self, t: int, mode: str, edge: str, v: dict[str, object]) -> None:
        self._add(t, "nemesis", Outcome.OK.value, mode, edge, v, src="nemesis")

    def _add(
        self,
        t: int,
        p: str,
        type_: str,
        f: str,
        k: str = "",
        v: dict[str, object] | None = None,
        *,
        err: str = "",
        due: int | None = None,
        src: str = "client",
    ) -> None:
        self.events.append(
            Event(
                i=len(self.events), t=t, p=p, type=type_, f=f, k=k, v=v or {}, err=err, due=due,
                phase=self._phase, src=src,
            )
        )  # fmt: skip
