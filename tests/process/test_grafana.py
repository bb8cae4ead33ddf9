"""Fault windows sent to a Grafana that listens: signed in, while they last, closed at the end."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from chaos.faults.timeout import Timeout
from harness.ports import UndoRecord
from harness.report.grafana import TOKEN, URL, marked
from harness.undo.faultlog import FaultLog

Asked = list[tuple[str, str, dict[str, Any]]]


class Link:
    """A link that does as it is told."""

    async def healthy(self, where: str) -> dict[str, Any]:
        """Nothing to go back to."""
        return {}

    async def add_toxic(self, link: str, toxic: object) -> None:
        """Taken."""

    async def undo(self, record: UndoRecord, others: object = ()) -> None:
        """Done."""

    async def undone(self, record: UndoRecord, others: object = ()) -> bool:
        """It is."""
        return True


@asynccontextmanager
async def grafana(asked: Asked) -> AsyncIterator[int]:
    """A server that takes annotations; gives its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode() if not reader.at_eof() else "":
            fields = dict(line.split(": ", 1) for line in head.splitlines()[1:] if line)
            lower = {name.lower(): value for name, value in fields.items()}
            body = json.loads(await reader.readexactly(int(lower["content-length"])))
            asked.append((head.split(" HTTP")[0], lower.get("authorization", ""), body))
            answer = b'{"message":"Annotation added","id":5}'
            length = f"Content-Length: {len(answer)}"
            writer.write(f"HTTP/1.1 200 OK\r\n{length}\r\n\r\n".encode() + answer)
            await writer.drain()

    async def until_closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except asyncio.IncompleteReadError:
            writer.close()

    async with await asyncio.start_server(until_closed, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def a_run(log: FaultLog) -> None:
    """One fault from injection to undo."""
    link: Any = Link()
    entry = await log.inject(Timeout(link="a->b", stream="downstream"), link, 5.0)
    await asyncio.sleep(0.8)
    await log.heal(entry, link)


@pytest.mark.parametrize(
    ("user", "token", "signed"),
    [
        ("admin:look-around@", "", "Basic " + base64.b64encode(b"admin:look-around").decode()),
        ("", "glsa_1", "Bearer glsa_1"),
    ],
)
def test_a_window_appears_while_the_fault_lasts_and_ends_with_it(
    user: str, token: str, signed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways to sign in; what was sent first came before the undo."""
    asked: Asked = []

    async def body() -> None:
        async with grafana(asked) as port:
            monkeypatch.setenv(URL, f"http://{user}127.0.0.1:{port}")
            monkeypatch.setenv(TOKEN, token)
            log = FaultLog(tmp_path / "faults.jsonl")
            async with marked(log.path, "X01 run", print):
                await a_run(log)

    asyncio.run(asyncio.wait_for(body(), 20))
    (begin, by, first), (end, also_by, last) = asked
    assert (begin, end) == ("POST /api/annotations", "PATCH /api/annotations/5")
    assert by == also_by == signed
    assert first["tags"] == ["chaos-harness", "fault", "timeout", "a->b"]
    assert "timeEnd" not in first
    assert 700 <= last["timeEnd"] - first["time"] <= 5_000


def test_a_grafana_that_is_away_holds_no_run_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said once, with the address."""
    said: list[str] = []

    async def body() -> None:
        monkeypatch.setenv(URL, "http://127.0.0.1:9")
        log = FaultLog(tmp_path / "faults.jsonl")
        async with marked(log.path, "X01 run", said.append):
            await a_run(log)

    asyncio.run(asyncio.wait_for(body(), 20))
    assert len(said) == 1
    assert "GRAFANA_URL=http://127.0.0.1:9: ConnectError" in said[0]
