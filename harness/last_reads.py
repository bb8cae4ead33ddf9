"""Reads of everything that users were promised, once the load is over."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from harness.clock import NS
from harness.history import History, HistoryWriter
from harness.looks import Stop
from harness.ports import Runtime
from harness.target import Call, Completion, Target, entry_service

SETTLE_EVERY_S = 0.5  # chosen: between two rounds of last reads
READS_AT_ONCE = 16  # chosen: last reads must not be a load of their own


@dataclass(frozen=True)
class LastReads:
    """Asks the service under test and writes down what it says.

    Everything is read at least twice: at the end of the load and once all is final. In between
    only what is not final yet is asked for again.
    """

    runtime: Runtime
    target: Target
    writer: HistoryWriter
    told: dict[str, Completion] = field(default_factory=dict)

    async def until_final(self, until_s: float, stop: Stop) -> str:
        """Read in rounds until all is final, or until `until_s` on the run clock.

        Returns:
            what came of it, for a person.
        """
        clock, rounds = self.runtime.clock, 0
        history = History(self.writer.events)
        named = calls = self.target.final_reads(history)
        while True:
            await self._round(calls, rounds)
            loose = {_name(call) for call in calls if self._is_loose(call)}
            whole = rounds > 0 and len(calls) == len(named)
            rounds += 1
            if (whole and not loose) or clock.now_s() >= until_s or stop.asked:
                return f"{len(named)} last reads, {len(loose)} not final"
            await clock.sleep(SETTLE_EVERY_S)
            if loose:
                history = history.longer(self.writer.events[len(history.events) :])
            else:  # with what load that ends late was promised
                history = History(self.writer.events)
            named = self.target.final_reads(history)
            calls = [call for call in named if self._to_read(call, loose)]

    def _is_loose(self, call: Call) -> bool:
        name = _name(call)
        return self.target.loose_ends({name: self.told[name]}) > 0

    def _to_read(self, call: Call, loose: Collection[str]) -> bool:
        """Whether it is to be read again: all of it once nothing is loose."""
        return not loose or _name(call) in loose or _name(call) not in self.told

    async def _round(self, calls: Sequence[Call], round_: int) -> None:
        gate = asyncio.Semaphore(READS_AT_ONCE)

        async def one(number: int, call: Call) -> None:
            async with gate:
                self.told[_name(call)] = await self._read(f"checker/{round_}.{number}", call)

        await asyncio.gather(*(one(number, call) for number, call in enumerate(calls)))

    async def _read(self, process: str, call: Call) -> Completion:
        t, args = self._now_ns(), dict(call.args)
        self.writer.append(t=t, p=process, type="invoke", f=call.f, k=call.k, v=args, due=t)
        request = self.target.request(call)
        answer = await self.runtime.ask(request.to or entry_service(self.target), request)
        completion = self.target.classify(call, answer)
        kind, value = completion.outcome.value, dict(completion.value)
        t, err = self._now_ns(), completion.err
        self.writer.append(t=t, p=process, type=kind, f=call.f, k=call.k, v=value, err=err)
        return completion

    def _now_ns(self) -> int:
        return int(self.runtime.clock.now_s() * NS)


def _name(call: Call) -> str:
    return f"{call.f}/{call.k}"
