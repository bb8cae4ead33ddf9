"""The page of a run that goes on: on loopback, behind a token, from the history as it grows."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.live.pages import Pages
from harness.model import RunVerdict
from harness.prepare import RunRequest, prepare
from harness.rng import Seed
from harness.session import run
from harness.undo.recovery import silent

CALL_S = 60.0  # at the lowest priority, on a machine that is busy


async def ask(url: str, *, path: str = "", host: str = "", method: str = "GET") -> str:
    """The status line and the body of an answer."""
    place, _, own = url.removeprefix("http://").partition("/")
    name, _, port = place.partition(":")
    reader, writer = await asyncio.open_connection(name, int(port))
    writer.write(f"{method} {path or '/' + own} HTTP/1.1\r\nHost: {host or place}\r\n\r\n".encode())
    async with asyncio.timeout(CALL_S):
        answer = (await reader.read()).decode()
    writer.close()
    return answer


def test_only_who_knows_the_token_is_shown_the_page() -> None:
    """Another path, another host's name (a page elsewhere that asks), another method: refused."""

    async def scene() -> None:
        pages = Pages("secret")
        url = await pages.serve()
        assert url.startswith("http://127.0.0.1:")
        await pages.show("<p>first</p>")
        assert "200 OK" in (told := await ask(url))
        assert "<p>first</p>" in told
        assert "no-store" in told
        for path in ("/", "/secre/", "/secret", "/secret/..", "/secrets/events"):
            assert "404" in await ask(url, path=path)
        assert "403" in await ask(url, host="evil.example")
        assert "405" in await ask(url, method="POST")
        events = asyncio.create_task(ask(url, path="/secret/events"))
        await asyncio.sleep(0)
        await pages.show("<p>last</p>", over=True)
        pushed = await events
        assert 'event: over\ndata: "<p>last</p>"' in pushed
        await pages.close()

    asyncio.run(scene())


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that broke something."""
    asked = RunRequest("X01", "naive", "sim", Seed(3), tmp_path_factory.mktemp("runs"))
    result = run(prepare(asked), silent)
    assert result.verdict is RunVerdict.FAIL
    return Path(result.run_dir)


def lines_of(child: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """What it says, as it comes."""
    assert child.stdout is not None
    for line in child.stdout:
        yield json.loads(line)


def test_a_page_grows_with_the_history_and_ends_with_the_report(
    finished: Path, tmp_path: Path
) -> None:
    """Half of the history: it goes on, and what needs its end is not said. The report: the last
    page, and the process is gone."""
    folder = tmp_path / "now"
    folder.mkdir()
    lines = (finished / "history.jsonl").read_bytes().splitlines(keepends=True)
    for name in ("run.json", "experiment.yaml"):
        shutil.copy(finished / name, folder)
    half = len(lines) // 3
    (folder / "history.jsonl").write_bytes(b"".join(lines[:half]) + lines[half][:20])
    words = [sys.executable, "-m", "harness.live.child", str(folder), "--serve"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        said = lines_of(child)
        url = next(said)["url"]
        seen = next(said)
        assert seen["unknown"] > 0
        with urllib.request.urlopen(url, timeout=CALL_S) as answer:
            page = answer.read().decode()
        assert "RUNNING" in page
        assert "connect-src 'self'" in page
        with (folder / "history.jsonl").open("ab") as stream:
            stream.write(lines[half][20:] + b"".join(lines[half + 1 :]))
        shutil.copy(finished / "report.html", folder)
        assert child.wait(CALL_S) == 0
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, timeout=CALL_S)
