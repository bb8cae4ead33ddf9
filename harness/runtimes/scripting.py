"""What stand-ins answer, as documents over their control routes; knows no socket and no model.

Scripted ──< upstreams        asked over sockets
         ──< sim.controls     asked in virtual time
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence

from harness.errors import RuntimeFailure, TargetContractError, UnsupportedFault
from harness.json_types import JsonObject
from harness.ports import UndoRecord, arguments
from harness.target import Answer

BEHAVIOUR = "/_control/behaviour"
COUNTS = "/_counts"


class Scripted(ABC):
    """`UpstreamScript` but for how a stand-in is asked, looked at and woken."""

    def __init__(self) -> None:
        """A document is read and written by one at a time."""
        self._alone = asyncio.Lock()

    @abstractmethod
    def _takes_rules(self, where: str) -> bool:
        """Whether the service is a stand-in."""

    @abstractmethod
    async def _send(
        self, where: str, method: str, path: str, body: Mapping[str, object] | None
    ) -> Answer:
        """Ask a stand-in, with what its control routes want."""

    @abstractmethod
    async def _wake(self, where: str) -> None:
        """Make a stand-in run that is stopped or gone, and wait until it can be asked."""

    async def healthy(self, where: str) -> Mapping[str, object]:
        """No rule."""
        return {"rules": []}

    async def snapshot(self, where: str) -> JsonObject:
        """The behaviour document as it is now."""
        return await self._ask(where, "GET", BEHAVIOUR)

    async def script(self, service: str, rules: Sequence[Mapping[str, object]]) -> None:
        """Put rules in front of those that are set, as soon as the stand-in hears: one that was
        has just been started is waited for.

        Raises:
            TargetContractError: the stand-in refused them; with its words.
        """
        try:
            await self._put_in(service, rules)
        except RuntimeFailure:
            await self._wake(service)
            await self._put_in(service, rules)

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """Take the record's rules out, with no others all; a stand-in that is stopped or gone is
        woken first."""
        try:
            await self._take_out(record, others)
        except RuntimeFailure:
            await self._wake(record.where)
            await self._take_out(record, others)

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Whether none of the record's rules is left; with no others, none at all."""
        try:
            rules = (await self.snapshot(record.where))["rules"]
        except RuntimeFailure:
            return False
        return bool(rules == _without(rules, record, others))

    async def _put_in(self, service: str, rules: Sequence[Mapping[str, object]]) -> None:
        async with self._alone:
            set_ = (await self.snapshot(service)).get("rules", [])
            new = [rule for rule in map(dict, rules) if rule not in set_]
            await self._ask(service, "PUT", BEHAVIOUR, {"rules": [*new, *set_]})

    async def _take_out(self, record: UndoRecord, others: Sequence[UndoRecord]) -> None:
        async with self._alone:
            rules = (await self.snapshot(record.where))["rules"]
            document = {"rules": _without(rules, record, others)}
            await self._ask(record.where, "PUT", BEHAVIOUR, document)

    async def _read(self, where: str) -> tuple[dict[str, int], Mapping[str, object]]:
        """Counts and behaviour; none of either from one that cannot be read.

        Counts: `calls` of all operations and each as `calls.OP`, `hits` of rules and each as
        `hits.ID`; those of a rule of an injection bear its name, `hits@f1`, `hits.ID@f1`;
        `turned_away`: calls for which nothing was left of an allowance.
        """
        try:
            counted = await self._ask(where, "GET", COUNTS)
            return _flat(counted), await self.snapshot(where)
        except RuntimeFailure as error:
            return {}, {"unreadable": str(error)}

    async def _ask(
        self, where: str, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> Mapping[str, object]:
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


def _without(
    rules: Sequence[Mapping[str, object]], record: UndoRecord, others: Sequence[UndoRecord]
) -> list[Mapping[str, object]]:
    """The rules that stay: those of the others."""
    own = {rule["id"] for rules_ in arguments([record], "script") for rule in rules_}
    kept = {rule["id"] for rules_ in arguments(others, "script") for rule in rules_}
    return [rule for rule in rules if rule["id"] in kept or (kept and rule["id"] not in own)]


def _flat(counted: JsonObject) -> dict[str, int]:
    calls, hits = counted.get("calls", {}), counted.get("rules", {})
    flat = Counter({"calls": sum(calls.values()), "hits": 0})
    flat["turned_away"] = counted.get("turned_away", 0)
    flat.update({f"calls.{op}": number for op, number in calls.items()})
    for rule, number in hits.items():
        _, mark, injection = rule.partition("@")
        flat[f"hits{mark}{injection}"] += number
        flat[f"hits.{rule}"] += number
    return dict(flat)
