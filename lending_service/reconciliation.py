"""Asks those who move money for the file of each period, and holds our records to it.

period over ──file asked for──> agrees: done
                       └──────> a break, or something under way with us: again after a gap
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from lending_service.domain import Movement, Payment, Reservation
from lending_service.policy import Policy
from lending_service.ports import Clock
from lending_service.reconciling import (
    Break,
    File,
    OpenPeriod,
    Reconciled,
    ReconcileRule,
    aged,
    compared,
    read,
)
from lending_service.stores.port import Store
from lending_service.worker import Report, Spawn

LANE = "/file"


@dataclass(frozen=True)
class Side:
    """Which of our records say what somebody moved: the field that names whom, the statuses by
    which money has moved, and those by which it may have."""

    kind: type[Movement]
    whom: str
    moved: tuple[str, ...]
    open: tuple[str, ...]

    def status(self, one: Movement | None, sender: str) -> str:
        """Of a record that is about this sender, else ""."""
        return str(getattr(one, "status", "")) if getattr(one, self.whom, "") == sender else ""


AT_GATEWAYS = Side(Payment, "gateway", ("success", "late_success"), ("unknown",))
AT_FUNDERS = Side(Reservation, "funder", ("committed",), ("unknown", "reserved"))


class Reconciliation:
    """One watch a sender. Without a rule nobody compares anything.

    Args:
        gateways, funders: who moves money.
        report: told (what, text) of each break as it is found.
    """

    def __init__(
        self,
        rule: ReconcileRule | None,
        gateways: Sequence[str],
        funders: Sequence[str],
        store: Store,
        clock: Clock,
        policy: Policy,
        report: Report,
    ) -> None:
        self._rule = rule
        at_funders = dict.fromkeys(funders, AT_FUNDERS)
        self._sides = {**dict.fromkeys(gateways, AT_GATEWAYS), **at_funders}
        self._store = store
        self._clock = clock
        self._policy = policy
        self._report = report
        self._known: dict[str, Reconciled | None] = {}
        self._watches: list[asyncio.Task[None]] = []

    def start(self, spawn: Spawn) -> None:
        """Go on where an earlier life stopped."""
        self._known.clear()
        if self._rule is not None:
            self._watches = [spawn(self._watch(self._rule, name)) for name in self._sides]

    async def stop(self) -> None:
        """Look no more; what is open stays in the records."""
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        self._watches = []

    def breaks(self) -> Iterator[tuple[str, int, Break]]:
        """Sender, period and break of all that are open."""
        for sender, known in self._known.items():
            for period in known.open if known else ():
                yield from ((sender, period.number, one) for one in period.breaks)

    def counts(self) -> Mapping[tuple[str, str], int]:
        """(sender, kind of break) -> how many are open."""
        return Counter((sender, one.kind) for sender, _, one in self.breaks())

    def ages_s(self) -> Mapping[str, float]:
        """Sender -> the age of its oldest open break; 0 where all agrees, s."""
        now_s = self._clock.now_s()
        ages = {sender: 0.0 for sender, known in self._known.items() if known}
        for sender, _, one in self.breaks():
            ages[sender] = max(ages[sender], now_s - one.since_s)
        return ages

    async def _watch(self, rule: ReconcileRule, sender: str) -> None:
        while True:
            await self._clock.sleep(rule.gap_s)
            try:
                await self._look(rule, sender)
            except Exception as error:
                self._report("reconcile", f"{sender}: {type(error).__name__}: {error}")

    async def _look(self, rule: ReconcileRule, sender: str) -> None:
        """Ask for what is over and not known to agree."""
        known = await self._begun(rule, sender)
        if known is None:
            return
        over = int(self._clock.now_s() // rule.period_s)
        due = [*known.open, *map(OpenPeriod, range(known.next, over))]
        looked = await self._looked(rule, sender, due)
        now = replace(known, next=max(known.next, over), open=looked)
        if now != known:
            async with self._store.transaction() as tx:
                await tx.put(now)
            self._known[sender] = now
            self._tell(sender, known, now)

    async def _begun(self, rule: ReconcileRule, sender: str) -> Reconciled | None:
        """How far it is; None for somebody who was never asked to move money: there is no file of
        anything of ours."""
        if sender not in self._known:
            self._known[sender] = await self._store.read(Reconciled, sender)
        known = self._known[sender]
        if known is None and any(name == sender for name, _ in self._policy.calls):
            first = int(max(0.0, self._clock.now_s() - rule.gap_s) // rule.period_s)
            known = self._known[sender] = Reconciled(id=sender, next=first)
        return known

    async def _looked(
        self, rule: ReconcileRule, sender: str, due: Sequence[OpenPeriod]
    ) -> tuple[OpenPeriod, ...]:
        """What is still open; who gives no file is not asked for the next one at once."""
        still: list[OpenPeriod] = []
        for place, period in enumerate(due):
            path = f"/v1/files/{period.number}"
            called = await self._policy.once(sender, "GET", path, lane=LANE, guarded=False)
            if called.status != 200:
                return (*still, *(self._not_had(rule, one) for one in due[place:]))
            file = read(called.body, period.number)
            found, waits = await self._compared(rule, sender, period, file)
            if found or waits:
                still.append(OpenPeriod(period.number, found))
        return tuple(still)

    def _not_had(self, rule: ReconcileRule, period: OpenPeriod) -> OpenPeriod:
        now_s = self._clock.now_s()
        if now_s < (period.number + 1) * rule.period_s + rule.late_after_s:
            return period
        return replace(period, breaks=aged(period.breaks, [Break(kind="late")], now_s))

    async def _compared(
        self, rule: ReconcileRule, sender: str, period: OpenPeriod, file: File | None
    ) -> tuple[tuple[Break, ...], bool]:
        """The breaks of a period, and whether something is under way that will be known soon."""
        side, now_s = self._sides[sender], self._clock.now_s()
        from_s = period.number * rule.period_s
        to_s = from_s + rule.period_s
        settled = await self._store.settled(side.kind, from_s, to_s)
        ours = {one.id: one.amount_minor for one in settled if side.status(one, sender)}
        under_way: set[str] = set()
        told = dict.fromkeys(line.request_id for line in file.lines) if file else {}
        for id_ in [one for one in told if one not in ours]:
            other = await self._store.read(side.kind, id_)
            status = side.status(other, sender)
            if other is not None and status in side.moved:
                ours[id_] = other.amount_minor
            elif status in side.open and now_s < to_s + rule.late_after_s:
                under_way.add(id_)
        found = compared(ours, file, under_way)
        return aged(period.breaks, found, now_s), bool(under_way)

    def _tell(self, sender: str, before: Reconciled, now: Reconciled) -> None:
        """Explain what was not there before."""
        seen = {(period.number, one) for period in before.open for one in period.breaks}
        for period in now.open:
            for one in period.breaks:
                if (period.number, one) not in seen:
                    text = f"{sender}, period {period.number}: {one.kind} {one.request_id}"
                    amounts = f"ours {one.ours_minor}, theirs {one.theirs_minor}"
                    self._report("break", f"{text}, {amounts}")
