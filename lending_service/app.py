"""The service: its parts put together, and its operations over ASGI."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence

from lending_service.admission import Admission
from lending_service.announcing import Announcer
from lending_service.context import NOTICE, Context
from lending_service.debits import Debits, collect
from lending_service.design import Design
from lending_service.domain import Task
from lending_service.handlers import Handlers, Pages
from lending_service.intake import Intake
from lending_service.mode_trail import ModeTrail
from lending_service.modes import Modes
from lending_service.money import Money
from lending_service.notices import BATCH, Notices
from lending_service.payouts import Payouts
from lending_service.pipeline import Pipeline
from lending_service.policy import Policy
from lending_service.ports import Client, Clock
from lending_service.quotas import Quotas
from lending_service.reconciliation import Reconciliation
from lending_service.reserve_pool import ReservePool
from lending_service.reserving import Reserving
from lending_service.score_guard import ScoreGuard
from lending_service.spread import Spread
from lending_service.stores.memory import MemoryStore
from lending_service.stores.port import Store
from lending_service.suspensions import Suspensions
from lending_service.upstreams import FundingProvider, PaymentGateway, RiskEngine
from lending_service.worker import Handler, Lane, Report, Spawn, Worker

# Kind of third party -> how many there have to be, and may be.
KINDS = {
    "payment_gateway": (1, 99),
    "risk_engine": (1, 1),
    "funding_provider": (1, 99),
    "notification": (0, 1),
    "policy": (0, 1),
    "status_page": (0, 1),
}

# Tasks at once, by kind; chosen, not measured.
WIDTHS = {"application": 8, "debit": 8, "inquire": 4, "commit": 4, "rescore": 2, NOTICE: 1}


class Service:
    """One lending service. `asgi` answers requests at once; `start` begins work on the outbox."""

    def __init__(
        self, parts: Context, modes: Modes, report: Report, announcer: Announcer | None
    ) -> None:
        self.parts = parts
        kept = parts.store if parts.design.mode_trail == "records" else MemoryStore()
        self._trail = ModeTrail(modes, kept, parts.clock, report)
        self._announcer = announcer
        self._announcing: asyncio.Task[None] | None = None
        self.debits = Debits(parts)
        self.money = Money(parts, {"payout": Payouts(parts), "debit": self.debits})
        self.reserving = Reserving(parts)
        self.pipeline = Pipeline(parts, self.money, self.reserving)
        self.worker = Worker(
            [
                Lane(kind, WIDTHS[kind], handle, parts.store, parts.clock, report, _batch(kind))
                for kind, handle in self._handlers().items()
            ]
        )
        parts.store.listen(self.worker.kick)
        admission = Admission(parts.design.shed, parts.store, parts.clock, modes.refused)
        intake = Intake(parts, self.pipeline, self.money, self.debits, admission)
        pages = Pages(modes, self._trail)
        self.asgi = Handlers(parts, intake, self.money, pages, self.worker, report).asgi

    async def start(self, spawn: Spawn) -> None:
        """Take up what the outbox holds, also what an earlier service left half done.

        Args:
            spawn: starts a coroutine as a task of its own.
        """
        await self.parts.store.release_leases()
        self.worker.start(spawn, await self.parts.store.counts())
        self.parts.reconciliation.start(spawn)
        self._trail.start(spawn)
        if self._announcer is not None:
            self._announcing = spawn(self._announcer.run())

    async def stop(self) -> None:
        """End the work; what is unfinished stays in the outbox."""
        if self._announcing is not None:
            self._announcing.cancel()
        await self._trail.stop()
        await self.parts.reconciliation.stop()
        await self.worker.stop()

    def _handlers(self) -> dict[str, Handler]:
        async def application(tasks: Sequence[Task]) -> float | None:
            return await self.pipeline.process(tasks[0].key, tasks[0].attempts)

        async def debit(tasks: Sequence[Task]) -> float | None:
            return await collect(
                self.parts, self.money, self.debits, tasks[0].key, tasks[0].attempts
            )

        async def inquire(tasks: Sequence[Task]) -> float | None:
            return await self.money.inquire(tasks[0].key)

        async def commit(tasks: Sequence[Task]) -> float | None:
            return await self.reserving.commit(tasks[0].key, tasks[0].attempts)

        async def rescore(tasks: Sequence[Task]) -> float | None:
            return await self.pipeline.rescore(tasks[0].key)

        told: dict[str, Handler] = {NOTICE: Notices(self.parts).send} if self.parts.notifier else {}
        return {
            **told,
            "application": application,
            "debit": debit,
            "inquire": inquire,
            "commit": commit,
            "rescore": rescore,
        }


def build(
    design: Design,
    store: Store,
    client: Client,
    clock: Clock,
    dice: random.Random,
    upstreams: Mapping[str, str],
    report: Callable[[str, str], None] = lambda what, text: None,
) -> Service:
    """A service from a design and its surroundings.

    Args:
        dice: the only randomness; ids and pauses come from it.
        upstreams: name of each third party -> what it is; order is preference.
        report: told (what, text) of what nobody else sees going wrong.

    Raises:
        ValueError: a kind of third party is missing.
    """
    if problems := misfits(upstreams):
        raise ValueError("; ".join(problems))
    gateways, funders = _of("payment_gateway", upstreams), _of("funding_provider", upstreams)
    risks = _of("risk_engine", upstreams)
    modes = Modes(clock, design.mode_exit_s, risks[0], gateways, funders)
    policy = Policy(design, client, clock, dice, modes.breaker_changed)
    risk, funding = RiskEngine(policy, risks[0]), FundingProvider(policy)
    spread = Spread(design.spread)
    parts = Context(
        design=design,
        store=store,
        clock=clock,
        dice=dice,
        policy=policy,
        payments=PaymentGateway(policy, failed=design.failed_payment),
        risk=risk,
        guard=ScoreGuard(risk, clock, design.score_guard),
        funding=funding,
        gateways=gateways,
        funders=funders,
        pool=ReservePool(design.pool, clock, policy, funders, modes.pool_changed),
        spread=spread,
        quotas=Quotas(spread, funding, clock, design.spread.low_from if design.spread else None),
        reconciliation=Reconciliation(
            design.reconcile, gateways, funders, store, clock, policy, report
        ),
        notifier="".join(_of("notification", upstreams)),
        suspensions=Suspensions(
            policy,
            clock,
            "".join(_of("policy", upstreams)),
            design.policy_refresh_s,
            design.policy_unknown_after_s,
            modes.policy_changed,
        ),
    )
    page = "".join(_of("status_page", upstreams)) if design.status_page == "apart" else ""
    announcer = Announcer(policy, clock, modes, page) if page else None
    return Service(parts, modes, report, announcer)


def _batch(kind: str) -> int:
    return BATCH if kind == NOTICE else 1


def misfits(upstreams: Mapping[str, str]) -> list[str]:
    """What is wrong with who is called: one problem each; [] when a service can be built."""
    found = [
        f"upstreams.{name}: got kind {kind!r}; allowed: {', '.join(KINDS)}"
        for name, kind in upstreams.items()
        if kind not in KINDS
    ]
    for kind, (least, most) in KINDS.items():
        names = _of(kind, upstreams)
        if not least <= len(names) <= most:
            found.append(f"upstreams: {kind} {list(names)}, need {least}..{most}")
    return found


def _of(kind: str, upstreams: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name, its in upstreams.items() if its == kind)
