"""Power over what the stand-ins answer: behaviour documents, put over their control routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from harness.errors import RuntimeFailure, TargetContractError, UnsupportedFault
from harness.ports import Observation, UndoRecord
from harness.runtimes.counting import COUNTS
from harness.runtimes.sites import RealSite
from harness.runtimes.sockets import CALL_S, TOKEN_HEADER, send, timed_canary
from harness.target import Request

BEHAVIOUR = "/_control/behaviour"


class StandIns:
    """`UpstreamScript` over the scripted services of this run.

    Args:
        site: the run.
        bring_back: wakes or restarts a stand-in that cannot be asked any more.
    """

    def __init__(self, site: RealSite, bring_back: Callable[[str], Awaitable[None]]) -> None:
        """Remember them."""
        self._site = site
        self._bring_back = bring_back

    async def snapshot(self, where: str) -> Mapping[str, Any]:
        """The behaviour document as it is."""
        return await self._ask(where, "GET", BEHAVIOUR)

    async def script(self, service: str, rules: Sequence[Mapping[str, Any]]) -> None:
        """Put rules in front of those that are set.

        Raises:
            TargetContractError: the stand-in refused them; with its words.
        """
        current = await self.snapshot(service)
        document = {"rules": [*map(dict, rules), *current.get("rules", [])]}
        await self._ask(service, "PUT", BEHAVIOUR, document)

    async def observe(self, where: str) -> Observation:
        """A canary straight to the stand-in, and its counts.

        Counts: `hits` of all rules, `calls` of all operations, and each as `hits.ID`, `calls.OP`.
        """
        service, clock = self._site.service(where), self._site.clock
        result, latency_s = await timed_canary(
            self._site.canaries, clock, "http", service["address"], service["ready_path"]
        )
        try:
            counted = await self._ask(where, "GET", COUNTS)
            state: Mapping[str, Any] = await self.snapshot(where)
        except RuntimeFailure as error:
            counted, state = {}, {"unreadable": str(error)}
        return Observation(clock.now_s(), result, latency_s, _flat(counted), state)

    async def undo(self, record: UndoRecord) -> None:
        """Put the recorded document back; a stand-in that is stopped or gone is woken first."""
        try:
            await self._ask(record.where, "PUT", BEHAVIOUR, record.restore)
        except RuntimeFailure:
            await self._bring_back(record.where)
            await self._ask(record.where, "PUT", BEHAVIOUR, record.restore)

    async def undone(self, record: UndoRecord) -> bool:
        """Whether the document reads back as recorded."""
        try:
            return await self.snapshot(record.where) == record.restore
        except RuntimeFailure:
            return False

    async def _ask(
        self, where: str, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        service = self._site.service(where)
        if not service["scripted"]:
            raise UnsupportedFault(f"{where} takes no behaviour: it is no stand-in")
        headers = {TOKEN_HEADER: self._site.recovery.token()}
        request = Request(method, path, headers, body, CALL_S)
        answer = await send(self._site.client, f"http://{service['address']}", request)
        if answer.status is None:
            raise RuntimeFailure(f"{where}: {method} {path} got no answer ({answer.error})")
        if answer.status != 200:
            raise TargetContractError(
                f"{where}: {method} {path} got {answer.status} {dict(answer.body)}, need 200"
            )
        return answer.body


def _flat(counted: Mapping[str, Any]) -> dict[str, int]:
    calls, hits = counted.get("calls", {}), counted.get("rules", {})
    return {
        "calls": sum(calls.values()),
        "hits": sum(hits.values()),
        **{f"calls.{op}": number for op, number in calls.items()},
        **{f"hits.{rule}": number for rule, number in hits.items()},
    }
