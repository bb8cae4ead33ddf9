"""What somebody else's service costs: a stand-in by mapping beside ours, a link of a Toxiproxy that
stood already.

python -m bench.own_service [--requests 20000] [--faults 300]

Requests go through raw ASGI, each with another key, so that each is booked and has a callback to
come; best of five rounds.
A link fault is injected and undone as a run does it: added and read back, taken away and proven.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.ports import Capability, Toxic, UndoRecord
from tests.process.a_run import a_runtime
from tests.process.test_foreign_toxiproxy import LINK, TOKEN, standing
from tests.unit.mock_services.asgi import Bench, payout

ROUNDS = 5
MAPPED = {
    "on": "POST /v1/payouts", "op": "create_payout", "key": "body.reference",
    "once-by": "body.request_id", "ledger": {"entry": "payout", "amount": "body.amount_minor"},
    "reply": {"request_id": "{body.request_id}", "status": "accepted"},
    "callback": {"to": "http://caller/hooks", "body": {"reference": "{key}"}},
}  # fmt: skip
KINDS: Mapping[str, Mapping[str, Any]] = {"payment_gateway": {}, "mapping": {"mappings": [MAPPED]}}


async def per_request_us(kind: str, requests: int) -> float:
    """CPU microseconds a request of a stand-in."""
    bench = Bench(kind, **KINDS[kind])
    gc.collect()  # what another round left is not this one's
    begin = time.process_time()
    for one in range(requests):
        status, _ = await bench.call("POST", "/v1/payouts", payout(f"p-{one}"))
        assert status < 300, status
    took_s = time.process_time() - begin
    for task in bench.tasks:
        task.cancel()
    await asyncio.gather(*bench.tasks, return_exceptions=True)
    return took_s / requests * 1e6


async def attached_ms(faults: int, folder: Path) -> list[float]:
    """How long each fault of a link took to inject and to undo, sorted, in ms."""
    with standing(TOKEN) as theirs:
        runtime, before, took = a_runtime(folder, "run"), theirs.proxies(), []
        await runtime.start(theirs.target(TOKEN), {})
        try:
            links = runtime.capability(Capability.LINKS)
            record = UndoRecord(Capability.LINKS, LINK, await links.healthy(LINK))
            for number in range(faults):
                toxic = Toxic("latency", "downstream", {"latency": 200}, of=f"f{number}")
                begin = time.perf_counter()
                await links.add_toxic(LINK, toxic)
                await links.undo(record)
                assert await links.undone(record)
                took.append((time.perf_counter() - begin) * 1e3)
        finally:
            await runtime.stop()
        assert theirs.proxies() == before
    return sorted(took)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--faults", type=int, default=300)
    asked = parser.parse_args()
    rounds = [
        {kind: asyncio.run(per_request_us(kind, asked.requests // ROUNDS)) for kind in KINDS}
        for _ in range(ROUNDS)
    ]
    cost = {kind: min(one[kind] for one in rounds) for kind in KINDS}
    for kind, cost_us in cost.items():
        print(f"{kind:16} {cost_us:7.1f} us a request")
    print(f"{'ratio':16} {cost['mapping'] / cost['payment_gateway']:7.2f}")
    with tempfile.TemporaryDirectory() as folder:
        took = asyncio.run(attached_ms(asked.faults, Path(folder)))
    p50, p99 = statistics.median(took), took[int(0.99 * len(took))]
    print(f"attached link    {p50:.1f} ms p50, {p99:.1f} ms p99 of {len(took)} faults")


if __name__ == "__main__":
    main()
