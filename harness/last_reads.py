"""Reads of everything that users were promised, once the load is over."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from harness.clock import NS
from harness.history import History, HistoryWriter
from harness.looks import Stop
from harness.ports import Runtime
from harness.target import Call, Completion, Target, entry_service

SETTLE_EVERY_S = 0.5  # chosen: between two rounds of last reads
READS_AT_ONCE = 16  # chosen: last reads must not be a load of their own


@dataclass(frozen=True)
class LastReads:
    """Asks the service under test and writes down what it says."""

    runtime: Runtime
    target: Target
    writer: HistoryWriter

    async def until_final(self, until_s: float, stop: Stop) -> str:
        """Read in rounds until all is final, or until `until_s` on the run clock.

        Returns:
            what came of it, for a person.
        """
        clock, rounds = self.runtime.clock, 0
        while True:
            calls = self.target.final_reads(History(self.writer.events))
            completions = await self._round(calls, rounds)
            loose = self.target.loose_ends(completions)
            rounds += 1
            if (not loose and rounds > 1) or clock.now_s() >= until_s or stop.asked:
                return f"{len(completions)} last reads, {loose} not final"
            await clock.sleep(SETTLE_EVERY_S)

    async def _round(self, calls: list[Call], round_: int) -> dict[str, Completion]:
        gate = asyncio.Semaphore(READS_AT_ONCE)

        async def one(number: int, call: Call) -> tuple[str, Completion]:
            async with gate:
                return f"{call.f}/{call.k}", await self._read(f"checker/{round_}.{number}", call)

        done = await asyncio.gather(*(one(number, call) for number, call in enumerate(calls)))
        return dict(done)

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
