"""Power over what the stand-ins answer: behaviour documents, put over their control routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from harness.ports import Observation
from harness.runtimes.real.sites import RealSite
from harness.runtimes.real.sockets import CALL_S, TOKEN_HEADER, once_connected, send, timed_canary
from harness.runtimes.scripting import Scripted
from harness.target import Answer, Request


class StandIns(Scripted):
    """`UpstreamScript` over the scripted services of this run.

    Args:
        site: the run.
        bring_back: wakes or restarts a stand-in that cannot be asked any more, until it answers.
    """

    def __init__(self, site: RealSite, bring_back: Callable[[str], Awaitable[None]]) -> None:
        """Remember them."""
        super().__init__()
        self._site = site
        self._bring_back = bring_back

    async def observe(self, where: str) -> Observation:
        """A canary straight to the stand-in, and its counts."""
        service, clock = self._site.service(where), self._site.clock
        result, latency_s = await timed_canary(
            self._site.canaries, clock, "http", service["address"], service["ready_path"]
        )
        counts, state = await self._read(where)
        return Observation(clock.now_s(), result, latency_s, counts, state)

    async def _wake(self, where: str) -> None:
        await self._bring_back(where)

    def _takes_rules(self, where: str) -> bool:
        return bool(self._site.service(where)["scripted"])

    async def _send(
        self, where: str, method: str, path: str, body: Mapping[str, object] | None
    ) -> Answer:
        headers = {TOKEN_HEADER: self._site.recovery.token()}
        proven = once_connected(partial(self._site.prove, where))
        request = Request(method, path, headers, body, CALL_S)
        address = self._site.service(where)["address"]
        return await send(self._site.orders, f"http://{address}", request, extensions=proven)
