"""A fault carried out as a run does it, so that its own proof can be looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from harness.ports import Fault, Proof, Runtime, Seen
from harness.target import Request
from harness.undo.faultlog import FaultLog
from tests.conformance.effects import ready

PATIENCE_S = 4.0  # nobody gives up: what is asked has to be done in the end


async def rest(runtime: Runtime, service: str) -> None:
    """Let a moment pass."""
    await runtime.clock.sleep(0.5)


async def work(runtime: Runtime, service: str) -> None:
    """Give a service that answers HTTP something to do, for two seconds at the least."""
    for _ in range(4):
        request = Request("GET", "/livez", timeout_s=PATIENCE_S)
        asked = [runtime.ask(service, request) for _ in range(40)]
        await asyncio.gather(runtime.clock.sleep(0.5), *asked)


async def carried_out(
    fault: Fault,
    runtime: Runtime,
    log: FaultLog,
    meanwhile: Callable[[Any, str], Awaitable[None]] = rest,
) -> Proof:
    """Inject, let the service do something, heal; what the fault's own proof says."""
    control = runtime.capability(fault.capability)
    before = await control.observe(fault.where)
    entry = await log.inject(fault, control, 5.0)
    early = await control.observe(fault.where)
    await meanwhile(runtime, fault.where)
    late = await control.observe(fault.where)
    healed = await log.heal(entry, control)
    assert healed.state == "healed"
    await ready(runtime, control, fault.where)
    return fault.proof(Seen(before, early, late, await control.observe(fault.where)))
