"""What the two ends of a link counted, fetched past the link."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import httpx

from harness.errors import RuntimeFailure, TargetContractError
from harness.json_types import JsonObject
from harness.runtimes.real.recovery import RecoveryFile
from harness.runtimes.real.sockets import TOKEN_HEADER, once_connected, text_of
from harness.runtimes.scripting import COUNTS
from harness.target import Target

METRICS = "/metrics"
COUNTS_S = 1.5  # chosen: less than the canary beside it may take, so nobody waits for counts


class Counting:
    """`Counts` of a target: reads both ends and lets the target make sense of them.

    Args:
        client: for the fetching.
        recovery: addresses and token of the run.
        target: knows what the numbers mean.
        prove: raises RuntimeFailure when somebody else listens where a program should.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        recovery: RecoveryFile,
        target: Target,
        prove: Callable[[str], Awaitable[None]],
    ) -> None:
        """Nothing is fetched yet."""
        self._client = client
        self._recovery = recovery
        self._target = target
        self._prove = prove

    async def __call__(self, link: str) -> Mapping[str, int]:
        """`attempted`, `failed` and `reached` of a link; {} when neither end could be asked.

        Raises:
            TargetContractError: an end answered with something that the target cannot read.
        """
        spec = next(spec for spec in self._target.links if spec.name == link)
        state = self._recovery.read()
        caller, callee = await asyncio.gather(
            self._text(state, spec.caller, metrics=True),
            self._text(state, spec.callee, metrics=False),
        )
        try:
            return self._target.counts(spec, caller, json.loads(callee or "{}"))
        except (ValueError, KeyError, OverflowError, RecursionError) as error:
            raise TargetContractError(f"counts of {link} cannot be read: {error!r}") from error

    async def _text(self, state: JsonObject, name: str, *, metrics: bool) -> str:
        service = state["services"].get(name)
        if service is None or service["protocol"] != "http":
            return ""
        url = f"http://{service['address']}"
        if service["scripted"]:
            headers = {TOKEN_HEADER: self._recovery.token()}
            proven = once_connected(partial(self._prove, name))
            try:
                return await text_of(self._client, url + COUNTS, COUNTS_S, headers, proven)
            except RuntimeFailure:
                return ""  # as for one that does not answer
        return await text_of(self._client, url + METRICS, COUNTS_S) if metrics else ""
