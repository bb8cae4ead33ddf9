"""Whoever asks to stop does not wait: not for a canary, not for the planned end of a fault."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, cast

from harness.experiment import Step
from harness.looks import Stop
from harness.model import BlastRadius
from harness.nemesis import Nemesis
from harness.ports import Capability, Observation, Proof, Runtime, Seen, UndoRecord
from harness.undo.faultlog import FaultLog

STOP_S = 3.0


class Time:
    """A clock that moves when somebody sleeps; asks to stop at a moment."""

    def __init__(self, stop: Stop) -> None:
        """Zero."""
        self._now_s, self._stop = 0.0, stop

    def now_s(self) -> float:
        """Seconds slept so far."""
        return self._now_s

    async def sleep(self, seconds: float) -> None:
        """Move on."""
        await asyncio.sleep(0)
        self._now_s += seconds
        if self._now_s >= STOP_S:
            self._stop.ask("abort-when failed > 3")


class BlackHole:
    """A link whose canary never comes back while the fault is active."""

    def __init__(self, clock: Time) -> None:
        """Clean."""
        self.clock, self.broken, self.t_undone_s = clock, False, 0.0

    async def healthy(self, where: str) -> Mapping[str, Any]:
        """Not broken."""
        return {"broken": False}

    async def break_(self, where: str) -> None:
        """Break."""
        self.broken = True

    async def observe(self, where: str) -> Observation:
        """A canary that waits for ever on a broken link."""
        if self.broken:
            await asyncio.Event().wait()
        return Observation(self.clock.now_s(), "ok", 0.0)

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """Mend."""
        self.broken, self.t_undone_s = False, self.clock.now_s()

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Whether it is mended."""
        return not self.broken


class Harm:
    """Breaks the link."""

    kind: ClassVar[str] = "harm"
    capability: ClassVar[Capability] = Capability.LINKS
    where = "a->b"
    blast = BlastRadius(links=frozenset({"a->b"}))

    async def inject(self, control: BlackHole) -> None:
        """Break."""
        await control.break_(self.where)

    def proof(self, seen: Seen) -> Proof:
        """Never asked for: it was not seen whole."""
        raise AssertionError(seen)


def test_a_stop_undoes_at_once_though_a_canary_hangs(tmp_path: Path) -> None:
    """The fault was planned for 20 s and its canary waits for ever; it is undone in a tenth."""
    stop, told = Stop(), []
    clock = Time(stop)
    link = BlackHole(clock)

    class OneLink:
        """A runtime with one link."""

        def __init__(self) -> None:
            self.clock = clock

        def capability(self, capability: Capability) -> BlackHole:
            """The link."""
            return link

    def record(type_: str, fault: str, where: str, values: Mapping[str, Any]) -> None:
        told.append(values)

    nemesis = Nemesis(cast(Runtime, OneLink()), FaultLog(tmp_path / "faults.jsonl"), record)
    step = Step(fault=cast(Any, Harm()), at_s=1.0, for_s=20.0)

    async def story() -> None:
        await nemesis.carry_out(step, stop)
        await nemesis.finish()

    asyncio.run(story())
    assert link.t_undone_s <= STOP_S + 0.1
    assert told[-1]["report"]["cut_short"] is True
    assert told[-1]["report"]["undone"] is True
