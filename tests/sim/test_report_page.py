"""report.html: one file that says what verdict.json says, whatever it is told to show."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from harness.cli.run import silent
from harness.model import RunVerdict
from harness.prepare import RunRequest, prepare
from harness.registry import experiment_files
from harness.rng import Seed
from harness.session import run

HOSTILE = "</style></script><script>alert(1)</script><img src=x onerror=alert(2)>\\e[31m\\u202Eevil"
SIZE_MAX = 500_000


def recorded(runs: Path, experiment: str, design: str, seed: int = 3) -> Path:
    """The folder of a run on sim."""
    result = run(prepare(RunRequest(experiment, design, "sim", Seed(seed), runs)), silent)
    assert result.verdict in (RunVerdict.PASS, RunVerdict.FAIL)
    return Path(result.run_dir)


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that found something, with a title that wants to be a program."""
    folder = tmp_path_factory.mktemp("failed")
    text = experiment_files()["x01_payment_reply_lost"].read_text()
    path = folder / "hostile.yaml"
    path.write_text(text.replace("title: Payment accepted, reply lost", f'title: "{HOSTILE}"'))
    return recorded(folder / "runs", str(path), "naive")


class Page(HTMLParser):
    """Tags, and text outside of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        """Keep what a reader sees."""
        if self._inside not in ("script", "style"):
            self.text += data + " "


def page_of(folder: Path) -> tuple[str, Page]:
    """The report of a run."""
    text = (folder / "report.html").read_text(encoding="utf-8")
    return text, Page(text)


def test_it_is_one_file_that_asks_for_nothing(failed: Path) -> None:
    """Small, no address in it, and a policy that would forbid every request."""
    text, page = page_of(failed)
    assert len(text.encode()) < SIZE_MAX
    named = [attrs[name] for _, attrs in page.tags for name in ("src", "href") if name in attrs]
    assert all(one is not None and one.startswith("#") for one in named)
    assert "url(" not in text
    assert "default-src 'none'" in text


def test_hostile_text_is_shown_and_does_nothing(failed: Path) -> None:
    """One script, ours; what would turn the text round stands there as an escape."""
    _, page = page_of(failed)
    tags = [tag for tag, _ in page.tags]
    assert tags.count("script") == 1
    assert tags.count("style") == 1
    assert "img" not in tags
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert "<script>alert(1)</script><img src=x onerror=alert(2)>\\x1b[31m\\u202eevil" in page.text


def test_its_numbers_are_those_of_the_verdict(failed: Path) -> None:
    """The word, every reason, every invariant with what it examined, every latency."""
    said = json.loads((failed / "verdict.json").read_text())
    text = " ".join(page_of(failed)[1].text.split())
    assert said["verdict"].upper() in text
    for reason in said["reasons"]:
        assert " ".join(reason.split()) in text
    for one in said["invariants"]:
        line = rf"{re.escape(one['id'])} {one['name']} [✓✗?] (held|broken|unknown) (\d+) (\d+)"
        found = re.search(line, text)
        assert found, one["name"]
        assert (int(found[2]), int(found[3])) == (one["examined"], one["details"]["bad"])
    assert said["figures"]["recovery"]["recovery_time_s"] is not None
    assert said["figures"]["outcomes"]["all"]["unexplained"] > 0


def test_a_run_that_died_before_it_recorded_anything_has_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says that the harness broke."""

    async def broken(*_: object) -> None:
        raise OSError("no memory")

    monkeypatch.setattr("harness.session.carry_out", broken)
    result = run(prepare(RunRequest("X01", "naive", "sim", Seed(1), tmp_path)), silent)
    assert result.verdict is RunVerdict.ERROR
    text = page_of(Path(result.run_dir))[1].text
    assert "The harness or its environment broke" in text
    assert "no memory" in text
