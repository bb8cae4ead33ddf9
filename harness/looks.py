"""Observes one step of the schedule while it is carried out, and proves its effect.

    begin("before") ... begin("active") ... begin("active") ... after() ──> proof()

Looks go on beside the schedule: one that hangs for two seconds makes no fault longer.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from harness.clock import Clock
from harness.errors import HarnessError
from harness.ports import Control, Fault, Observation, Proof, Seen

TICK_S = 0.05  # chosen: how soon a stop is noticed
EVERY_S = 1.0  # chosen: from one look at an active fault to the next
BESIDE = "beside"
OTHERS = "felt_there_too"
RANK = {"ok": 0, "error": 1}  # of what canaries get; all else is worse

Traffic = Callable[[str], Mapping[str, int]]


@dataclass
class Stop:
    """Set from outside to end everything early; the reason is kept."""

    reason: str = ""

    @property
    def asked(self) -> bool:
        """Whether to end."""
        return bool(self.reason)

    def ask(self, reason: str) -> None:
        """End, for the first reason given."""
        self.reason = self.reason or reason


@dataclass
class Looks:
    """Looks at the place of a fault.

    Args:
        note: takes each look: (before, active or after; what was seen).
        traffic: counts of the place that the history has: `attempted`, `failed`.
        ids: of the fault's injections.
        beside: what is wrong meanwhile with the program that answers at a link: who looks there
            cannot tell it from what the link does.
        others: what else can have made calls fail there between two instants, run clock, s.
        healthy: what was seen of the place while nothing was broken there; None when the look
            before the injection is as good: no other fault ended between the two.
        error: what was wrong with a look itself.
    """

    fault: Fault
    control: Control
    clock: Clock
    note: Callable[[str, Observation], None]
    traffic: Traffic
    ids: list[str] = field(default_factory=list)
    beside: Callable[[], frozenset[str]] = frozenset
    others: Callable[[float, float], frozenset[str]] = lambda from_s, until_s: frozenset()
    before: Observation | None = None
    active: list[Observation] = field(default_factory=list)
    after: Observation | None = None
    healthy: Observation | None = None
    error: HarnessError | None = None
    _counted_s: float = 0.0
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    def begin(self, when: str) -> asyncio.Task[None]:
        """Look, beside whatever goes on.

        Args:
            when: before or active.
        """
        look = asyncio.create_task(self._keep(when))
        self._under_way.add(look)
        look.add_done_callback(self._under_way.discard)
        return look

    async def watch(self) -> None:
        """Look at an active fault again and again."""
        while True:
            look = self.begin("active")
            while not look.done():
                await self.clock.sleep(TICK_S)
            await self.clock.sleep(EVERY_S)

    async def once_more(self, stop: Stop) -> Observation | None:
        """A look after the undo; None as soon as a stop is asked for.

        Counts stay those of the first one: what came later is not of the fault.
        """
        task = asyncio.create_task(self._look("after"))
        try:
            while not task.done() and not stop.asked:
                await self.clock.sleep(TICK_S)
            if not task.done():
                return None
            seen = task.result()
        finally:
            task.cancel()
        if self.after is None:
            self.after, self._counted_s = seen, seen.t_s
        self.after = replace(seen, counts=self.after.counts)
        return seen

    async def end(self, stop: Stop) -> None:
        """Let those that are under way come back; none is waited for once a stop is asked for.

        Raises:
            HarnessError: a look itself went wrong.
        """
        while self._under_way and not stop.asked:
            await self.clock.sleep(TICK_S)
        self.drop()
        if self.error:
            raise self.error

    def drop(self) -> None:
        """Wait for none of them."""
        for look in list(self._under_way):
            look.cancel()

    def proof(self) -> Proof | None:
        """One rule for all: what the fault itself asks for, and somebody who used the place.

        Returns:
            None when it was not seen whole.
        """
        if not (self.before and self.active and self.after):
            return None
        before = self._before(self.before)
        alone = [one for one in self.active if not one.state.get(BESIDE)]
        others = self.others(self.before.t_s - self.before.latency_s, self._counted_s)
        whole = self._seen(before, self.active, self.after, others)
        seen = self._seen(before, alone, self.after, others) if alone else whole
        proof, used = self.fault.proof(seen), whole.traffic
        numbers = {**proof.numbers, "traffic": used}
        if not alone:
            numbers[BESIDE] = sorted({name for one in self.active for name in one.state[BESIDE]})
        if others and not proof.proven:
            numbers[OTHERS] = sorted(others)
        return replace(proof, proven=proof.proven and bool(alone) and used > 0, numbers=numbers)

    def _seen(
        self,
        before: Observation,
        active: list[Observation],
        after: Observation,
        others: frozenset[str],
    ) -> Seen:
        """The fault, by some of the looks at it while it was active."""
        first, *rest = active
        last = rest[-1] if rest else first
        return Seen(before, first, last, after, rest[:-1], self._apart(before), others)

    def _apart(self, before: Observation) -> list[Observation] | None:
        """The looks that differ from the one before by this fault alone; None: so do all, and no
        other one was ever there."""
        others = [_others(one, self.ids) for one in self.active]
        if not any(others):
            return None
        usual = _others(before, self.ids)
        return [one for one, of in zip(self.active, others, strict=True) if of == usual]

    def _before(self, seen: Observation) -> Observation:
        """What the active looks are compared with; counts go on, whatever was broken."""
        if self.healthy is None and self.after and seen.state.get(BESIDE):
            return replace(self.after, counts=seen.counts)
        if self.healthy is None:
            return seen
        alike = self.healthy.state.keys() == seen.state.keys()
        state = self.healthy.state if alike else seen.state
        return replace(self.healthy, counts=seen.counts, state=state)

    async def _keep(self, when: str) -> None:
        try:
            seen = await self._look(when)
        except HarnessError as error:
            self.error = error
            return
        if when == "before":
            self.before = seen
        else:
            self.active.append(seen)

    async def _look(self, when: str) -> Observation:
        state = dict(self.traffic(self.fault.where))
        beside = self.beside()
        seen = await self.control.observe(self.fault.where)
        seen = replace(seen, counts=_own(seen.counts, self.ids, state))
        if beside := beside | self.beside():  # one that began meanwhile was felt too
            seen = replace(seen, state={**seen.state, BESIDE: sorted(beside)})
        self.note(when, seen)
        return seen


def worse(seen: Observation, usual: str) -> bool:
    """Whether a canary got worse than usual."""
    return RANK.get(seen.canary, 2) > RANK.get(usual, 2)


def _others(seen: Observation, ids: list[str]) -> frozenset[str]:
    """What other faults had set at a link: toxics, and that it is down, beside a toxic of ours."""
    names = [str(toxic["name"]) for toxic in seen.state.get("toxics", ())]
    mine = {name for name in names if name.rpartition("@")[2] in ids}
    down = {"down"} if mine and not seen.state["enabled"] else set()
    beside = set(seen.state.get(BESIDE, ()))
    return frozenset({name for name in names if "@" in name} - mine | down | beside)


def _own(counts: Mapping[str, int], ids: list[str], state: Mapping[str, int]) -> dict[str, int]:
    """Counts of a place, with those of its own injections, `hits@f1`, under their plain names."""
    mine: Counter[str] = Counter(state)
    for key, number in counts.items():
        name, _, of = key.partition("@")
        if not of or of in ids:
            mine[name] += number
    return dict(mine)
