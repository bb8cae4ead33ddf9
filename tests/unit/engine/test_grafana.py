"""Fault windows on the way to Grafana: what is sent, and that nothing of it disturbs a run."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.report.grafana import TOKEN, URL, Marks, Window, marked, windows

PREPARED = {"id": "f1", "kind": "timeout", "where": "a->b", "state": "prepared", "undo": {}}
T = "2026-01-31T12-30-{:02d}.250Z"
FROM_MS = 1_769_862_602_250  # 2026-01-31 12:30:02.250 UTC


def log_of(*states: str) -> list[str]:
    """Lines of a fault log: the fault went through these states, a second apart from 12:30:02."""
    stamps = [T.format(second) for second in range(1, 10)]
    lines = [{**PREPARED, "at_utc": stamps[0]}]
    lines += [
        {"id": "f1", "state": s, "at_utc": t} for s, t in zip(states, stamps[1:], strict=False)
    ]
    return [json.dumps(line) for line in lines]


class Grafana:
    """Answers as the annotations API does, and keeps what it was asked."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """One request."""
        self.asked.append((request.method, request.url.path, json.loads(request.content)))
        return httpx.Response(self.status, json={"message": "Annotation added", "id": 17})


def looks(grafana: Grafana, tmp_path: Path, logs: list[list[str]]) -> list[str]:
    """Look once at each state of the log; what was said."""
    said: list[str] = []

    async def body() -> None:
        transport = httpx.MockTransport(grafana)
        url = "http://admin:secret@grafana:3000"
        async with httpx.AsyncClient(base_url=url, transport=transport) as client:
            marks = Marks(tmp_path / "faults.jsonl", "X01", client, said.append)
            await marks.look()
            for lines in logs:
                (tmp_path / "faults.jsonl").write_text("\n".join(lines))
                await marks.look()

    asyncio.run(body())
    return said


def test_a_window_lasts_from_the_injection_to_the_undo() -> None:
    """What was only prepared has none; what is active has no end; a torn line counts as none."""
    assert windows(log_of()) == {}
    assert windows(log_of("injected")) == {"f1": Window("timeout", "a->b", FROM_MS)}
    healed = Window("timeout", "a->b", FROM_MS, FROM_MS + 1000)
    assert windows([*log_of("injected", "healed"), '{"id": "f2", "st']) == {"f1": healed}


def test_a_fault_is_marked_when_it_begins_and_closed_when_it_is_undone(tmp_path: Path) -> None:
    """With the tags that the dashboard asks for, once each however often one looks."""
    grafana = Grafana()
    active, healed = log_of("injected"), log_of("injected", "healed")
    assert looks(grafana, tmp_path, [log_of(), active, active, healed, healed]) == []
    begin = {
        "time": FROM_MS,
        "tags": ["chaos-harness", "fault", "timeout", "a->b"],
        "text": "X01: timeout at a->b",
    }
    assert grafana.asked == [
        ("POST", "/api/annotations", begin),
        ("PATCH", "/api/annotations/17", {"timeEnd": FROM_MS + 1000}),
    ]


def test_a_grafana_that_refuses_is_said_once_and_tried_again(tmp_path: Path) -> None:
    """With the reason, and without the password."""
    grafana = Grafana(status=401)
    said = looks(grafana, tmp_path, [log_of("injected")] * 3)
    assert len(said) == 1
    assert said[0].startswith("GRAFANA_URL=http://grafana:3000: 401")
    assert "secret" not in said[0]
    assert len(grafana.asked) == 3


def test_an_address_that_is_none_stops_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said, and the run goes on."""
    monkeypatch.setenv(URL, "http://grafana:three-thousand")
    monkeypatch.delenv(TOKEN, raising=False)
    said: list[str] = []

    async def body() -> str:
        async with marked(tmp_path / "faults.jsonl", "X01", said.append):
            return "ran"

    assert asyncio.run(body()) == "ran"
    assert "GRAFANA_URL is no address" in said[0]
