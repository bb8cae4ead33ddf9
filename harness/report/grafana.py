"""Fault windows as annotations in the Grafana that GRAFANA_URL names, while they last.

    faults.jsonl: injected ──> POST /api/annotations ──id──┐
                  healed   ──> PATCH /api/annotations/<id> ┴ timeEnd

Sign in by the URL (http://user:password@host:3000) or by GRAFANA_TOKEN. A Grafana that is
unreachable or refuses disturbs no run: it is said once, and tried again.
Source: Grafana documentation, HTTP API, Annotations.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.json_types import JsonDict

if TYPE_CHECKING:  # a run without GRAFANA_URL does not wait for it to load
    import httpx

URL, TOKEN = "GRAFANA_URL", "GRAFANA_TOKEN"
TAGS = ("chaos-harness", "fault")  # what the dashboard in compose/observe asks for
LOOK_S = 0.5  # chosen: half of the dashboard's refresh
CALL_S = 2.0
LAST_S = 3.0  # chosen: how long a run waits for it at its end

Say = Callable[[str], None]


@dataclass(frozen=True)
class Window:
    """A fault from its injection to its undo.

    Args:
        from_ms, to_ms: UTC, ms since 1970; `to_ms` is None while it is active.
    """

    kind: str
    where: str
    from_ms: int
    to_ms: int | None = None


def windows(lines: Iterable[str]) -> dict[str, Window]:
    """The windows of a fault log, by id; faults that were never injected have none."""
    faults: dict[str, JsonDict] = {}
    for line in lines:
        with suppress(ValueError):  # torn: its writer is at it, or died
            said = json.loads(line)
            fault = faults.setdefault(said["id"], said)
            fault[f"{said['state']} at"] = _ms(said["at_utc"])
    return {
        id_: Window(fault["kind"], fault["where"], fault["injected at"], fault.get("healed at"))
        for id_, fault in faults.items()
        if "injected at" in fault
    }


def _ms(stamp: str) -> int:
    """Of a stamp of `harness.clock.utc_stamp`."""
    instant = datetime.strptime(stamp, "%Y-%m-%dT%H-%M-%S.%fZ").replace(tzinfo=UTC)
    return round(instant.timestamp() * 1000)


class Marks:
    """The annotations of one run.

    Args:
        log: faults.jsonl of the run.
        about: of the run, begins each text.
        client: aims at Grafana, signed in.
        say: told once when Grafana does not take them.
    """

    def __init__(self, log: Path, about: str, client: httpx.AsyncClient, say: Say) -> None:
        self._log, self._about, self._client, self._say = log, about, client, say
        self._ids: dict[str, int] = {}
        self._ended: set[str] = set()
        self._refused = False

    async def look(self) -> None:
        """Send what has changed since the last look."""
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        for id_, window in windows(text.splitlines()).items():
            if id_ not in self._ids:
                await self._begin(id_, window)
            if id_ in self._ids and window.to_ms and id_ not in self._ended:
                path = f"/api/annotations/{self._ids[id_]}"
                if await self._send("PATCH", path, {"timeEnd": window.to_ms}) is not None:
                    self._ended.add(id_)

    async def _begin(self, id_: str, window: Window) -> None:
        body = {
            "time": window.from_ms,
            "tags": [*TAGS, window.kind, window.where],
            "text": f"{self._about}: {window.kind} at {window.where}",
        }
        answer = await self._send("POST", "/api/annotations", body)
        if answer is not None:
            self._ids[id_] = answer

    async def _send(self, method: str, path: str, body: dict[str, object]) -> int | None:
        """The id that it answered (0 without one), None when it did not take it."""
        import httpx

        try:
            answer = await self._client.request(method, path, json=body)
            return int(answer.raise_for_status().json().get("id", 0))
        except httpx.HTTPStatusError as error:
            self._complain(f"{error.response.status_code} {error.response.text[:100]}")
        except (httpx.HTTPError, ValueError, AttributeError) as error:  # also: no such document
            self._complain(f"{type(error).__name__} {error}".strip())
        return None

    def _complain(self, why: str) -> None:
        if not self._refused:
            place = self._client.base_url.copy_with(username="", password="")  # noqa: S106 - none
            self._say(f"{URL}={place}: {why}; fault windows are not shown there; the run goes on")
        self._refused = True


@asynccontextmanager
async def marked(log: Path, about: str, say: Say) -> AsyncIterator[None]:
    """Keep Grafana told of the windows of a fault log, if GRAFANA_URL names one."""
    if not os.environ.get(URL):
        yield
        return
    import httpx

    token = os.environ.get(TOKEN)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    options: Any = {"base_url": os.environ[URL], "headers": headers, "timeout": CALL_S}
    try:
        client = httpx.AsyncClient(trust_env=False, **options)
    except httpx.InvalidURL as error:
        say(f"{URL} is no address: {error}; fault windows are shown nowhere; the run goes on")
        yield
        return
    over = asyncio.Event()
    looking = asyncio.create_task(_look_on(Marks(log, about, client, say), over))
    try:
        yield
    finally:
        over.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_S):
                await looking
        await client.aclose()


async def _look_on(marks: Marks, over: asyncio.Event) -> None:
    while not over.is_set():
        await marks.look()
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await over.wait()
    await marks.look()
