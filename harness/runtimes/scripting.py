"""What stand-ins answer, as documents over their control routes; knows no socket and no model.

Scripted ──< upstreams        asked over sockets
         ──< sim.controls     asked in virtual time
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from harness.errors import RuntimeFailure, TargetContractError, UnsupportedFault
from harness.ports import UndoRecord
from harness.target import Answer

BEHAVIOUR = "/_control/behaviour"
COUNTS = "/_counts"


class Scripted(ABC):
    """`UpstreamScript` but for how a stand-in is asked, looked at and woken."""

    @abstractmethod
    def _takes_rules(self, where: str) -> bool:
        """Whether the service is a stand-in."""

    @abstractmethod
    async def _send(
        self, where: str, method: str, path: str, body: Mapping[str, Any] | None
    ) -> Answer:
        """Ask a stand-in, with what its control routes want."""

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

    async def undone(self, record: UndoRecord) -> bool:
        """Whether the document reads back as recorded."""
        try:
            return await self.snapshot(record.where) == record.restore
        except RuntimeFailure:
            return False

    async def _restore(self, record: UndoRecord) -> None:
        await self._ask(record.where, "PUT", BEHAVIOUR, record.restore)

    async def _read(self, where: str) -> tuple[dict[str, int], Mapping[str, Any]]:
        """Counts and behaviour; none of either from one that cannot be read.

        Counts: `hits` of all rules, `calls` of all operations, and each as `hits.ID`, `calls.OP`.
        """
        try:
            counted = await self._ask(where, "GET", COUNTS)
            return _flat(counted), await self.snapshot(where)
        except RuntimeFailure as error:
            return _flat({}), {"unreadable": str(error)}

    async def _ask(
        self, where: str, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        if not self._takes_rules(where):
            raise UnsupportedFault(f"{where} takes no behaviour: it is no stand-in")
        answer = await self._send(where, method, path, body)
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
