"""What every piece of work needs, in one hand: the design, the store, the clock, third parties."""

from __future__ import annotations

import random
from collections.abc import Awaitable

import msgspec
from msgspec.structs import replace

from lending_service.design import Design
from lending_service.domain import TERMINAL, Application, AppState, Repayment, advance
from lending_service.messages import MESSAGES
from lending_service.policy import Policy
from lending_service.ports import Clock
from lending_service.quotas import Quotas
from lending_service.reconciliation import Reconciliation
from lending_service.reserve_pool import ReservePool
from lending_service.score_guard import ScoreGuard
from lending_service.spread import Spread
from lending_service.stores.port import Store, Tx
from lending_service.suspensions import Suspensions
from lending_service.upstreams import FundingProvider, PaymentGateway, RiskEngine

NOTICE = "notice"  # kind of task: tell a borrower
NOTICE_GAP_S = 1.0  # the changes of each such period are told together; chosen


class Context(msgspec.Struct, frozen=True):
    """The working parts of one service.

    Args:
        gateways: payment gateways, the preferred one first.
        funders: funding providers, the first one first.
        guard: whether scores are believed.
        suspensions: which new business may not go on.
        pool: the lender's own money, for when no funder can be reached.
        spread: how much is lent by whom and to whom.
        quotas: what funders have left.
        reconciliation: our records held to what others say.
        notifier: who sends messages to borrowers, "" for nobody.
    """

    design: Design
    store: Store
    clock: Clock
    dice: random.Random
    policy: Policy
    payments: PaymentGateway
    risk: RiskEngine
    funding: FundingProvider
    gateways: tuple[str, ...]
    funders: tuple[str, ...]
    guard: ScoreGuard
    suspensions: Suspensions
    pool: ReservePool
    spread: Spread
    quotas: Quotas
    reconciliation: Reconciliation
    notifier: str = ""

    def save(self, tx: Tx, record: Application | Repayment) -> Awaitable[None]:
        """Write an application or a repayment in another state than before: what borrowers see."""
        return self._save_and_tell(tx, record) if self.notifier else tx.put(record)

    async def _save_and_tell(self, tx: Tx, record: Application | Repayment) -> None:
        await tx.put(record)
        period_ends_s = (self.clock.now_s() // NOTICE_GAP_S + 1) * NOTICE_GAP_S
        await tx.enqueue(NOTICE, record.id, period_ends_s)

    def move(
        self,
        app: Application,
        *states: AppState,
        code: str | None = None,
        resume: AppState | None = None,
    ) -> Application:
        """The application led through `states` (the one it is in is passed over), and explained.

        Args:
            code: reason code; the last state's own name without one.
            resume: where a queued application goes on.
        """
        for state in states:
            if app.state != state:
                app = advance(app, state, self.clock.now_s(), resume=resume)
        return self.explain(app, code)

    def explain(self, app: Application, code: str | None = None) -> Application:
        """The application with its message and the time of the next one; bare designs say
        nothing. A manual case is looked at more rarely, and nothing else is promised of it."""
        within_s = self.design.application_explain_within_s
        if within_s is None:
            return app
        if app.state == AppState.MANUAL:
            within_s += self.design.manual_gap_s
        code = code or app.state.value
        return replace(
            app,
            reason_code=code,
            message=MESSAGES[code],
            next_update_by_s=None if app.state in TERMINAL else self.clock.now_s() + within_s,
        )

    def pause_s(self, first_s: float, cap_s: float, n: int) -> float:
        """The pause after the n-th failure: doubles, capped, and shortened by the jitter of the
        design so that work which failed together does not come back together."""
        shortened = 1.0 - self.design.jitter * self.dice.random()
        return min(cap_s, first_s * 2.0 ** min(n - 1, 20)) * shortened
