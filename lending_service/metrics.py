"""The service's figures in Prometheus text."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from lending_service.admission import oldest_wait_s
from lending_service.context import Context
from lending_service.money import Money
from lending_service.stores.port import StoreUnavailable
from lending_service.worker import Worker

Sample = tuple[str, float]
BREAKER_VALUES = {"closed": 0, "half_open": 1, "open": 2}
WAITING = ("application", "debit")  # work that borrowers wait for
OUTBOX_WITHIN_S = 0.2  # chosen: whoever asks for figures does not wait for our records


async def prometheus(parts: Context, worker: Worker, money: Money) -> str:
    """All figures; those of the outbox are left out while it cannot be read."""
    depths, waits = await _outbox(parts)
    calls = (
        (f'{{{_of(name)},outcome="{outcome}"}}', n)
        for (name, outcome), n in parts.policy.calls.items()
    )
    breakers = (
        (f'{{dependency="{name}"}}', BREAKER_VALUES[breaker.state])
        for name, breaker in parts.policy.breakers.items()
    )
    blocks = (
        _block("lending_upstream_calls_total", "counter", calls),
        _block("lending_breaker_state", "gauge", breakers),
        _block(
            "lending_outbox_depth", "gauge", [] if depths is None else [("", sum(depths.values()))]
        ),
        _block("lending_outbox_tasks", "gauge", _by("kind", depths or {})),
        _block("lending_outbox_wait_seconds", "gauge", _by("kind", waits)),
        _block("lending_database_calls_total", "counter", _by("outcome", parts.store.outcomes)),
        _block("lending_task_failures_total", "counter", _by("kind", _failures(worker))),
        _block("lending_pool_left_minor", "gauge", [("", parts.pool.left_minor)]),
        _block("lending_pool_cover_seconds", "gauge", _known(parts.pool.cover_s())),
        _block("lending_quota_used_ratio", "gauge", _used(parts)),
        _block("lending_quota_low", "gauge", _low(parts)),
        _block("lending_breaks", "gauge", _breaks(parts)),
        _block("lending_break_age_seconds", "gauge", _ages(parts)),
        _block("lending_late_successes_total", "counter", [("", money.late_successes)]),
    )
    return "".join(blocks)


async def _outbox(parts: Context) -> tuple[dict[str, int] | None, dict[str, float]]:
    """How many tasks there are, None for unknown, and how long the oldest one has waited that
    nobody has taken up, by kind."""
    try:
        async with asyncio.timeout(OUTBOX_WITHIN_S):
            depths = await parts.store.counts()
            waits = [await oldest_wait_s(parts.store, parts.clock, kind) for kind in WAITING]
    except (StoreUnavailable, TimeoutError):
        return None, {}
    return depths, {kind: round(wait_s, 3) for kind, wait_s in zip(WAITING, waits, strict=True)}


def _of(name: str) -> str:
    """The labels of a third party, and of the lane that has a breaker of its own."""
    dependency, _, lane = name.partition("/")
    return f'dependency="{dependency}"' + (f',lane="{lane}"' if lane else "")


def _failures(worker: Worker) -> dict[str, int]:
    return {kind: lane.failures for kind, lane in worker.lanes.items()}


def _used(parts: Context) -> Iterable[Sample]:
    used = ((funder, parts.quotas.used(funder)) for funder in parts.funders)
    return ((f'{{dependency="{name}"}}', round(n, 3)) for name, n in used if n is not None)


def _low(parts: Context) -> Iterable[Sample]:
    low = ((funder, parts.quotas.low(funder)) for funder in parts.funders)
    return ((f'{{dependency="{name}"}}', int(is_low)) for name, is_low in low)


def _breaks(parts: Context) -> Iterable[Sample]:
    counts = parts.reconciliation.counts()
    return ((f'{{dependency="{name}",kind="{kind}"}}', n) for (name, kind), n in counts.items())


def _ages(parts: Context) -> Iterable[Sample]:
    ages_s = parts.reconciliation.ages_s()
    return ((f'{{dependency="{name}"}}', round(age_s, 3)) for name, age_s in ages_s.items())


def _known(figure: float | None) -> Iterable[Sample]:
    return () if figure is None else [("", round(figure, 1))]


def _by(label: str, figures: Mapping[str, float]) -> Iterable[Sample]:
    return ((f'{{{label}="{value}"}}', n) for value, n in figures.items())


def _block(name: str, kind: str, samples: Iterable[Sample]) -> str:
    lines = "".join(f"{name}{labels} {n}\n" for labels, n in samples)
    return f"# TYPE {name} {kind}\n{lines}"
