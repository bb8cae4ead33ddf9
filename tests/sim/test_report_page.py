"""report.html: one file that says what verdict.json says, whatever it is told to show."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from harness.cli.report import report_command
from harness.cli.show import show_command
from harness.errors import ConfigError
from harness.model import RunVerdict
from harness.prepare import RunRequest, prepare
from harness.registry import experiment_files
from harness.rng import Seed
from harness.session import run
from harness.undo.recovery import silent

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


def test_a_story_is_told_in_a_terminal_and_in_the_page(
    failed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the checker names, by name; without one, what there is; near names for a wrong one."""
    runs = failed.parent.parent
    assert show_command(str(failed), "", "json", runs) == 0
    choice = json.loads(capsys.readouterr().out)
    name = choice["counterexamples"][0]["name"]
    assert any(name in names for names in choice["names"].values())
    assert show_command(str(failed), name, "text", runs) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "timeout at lending->payment_a begins" in told
    assert told.count(f"request_id=pay-{name}-") > 1
    assert f"{name} broke M1 no_double_payout" in " ".join(page_of(failed)[1].text.split())
    with pytest.raises(ConfigError) as wrong:
        show_command(str(failed), f"{name}x", "text", runs)
    assert name in str(wrong.value)


def test_a_run_without_a_page_gets_one(failed: Path, tmp_path: Path) -> None:
    """`report` writes the page of a run that died before it had one, and another where asked."""
    folder = shutil.copytree(failed, tmp_path / "runs" / "x" / "now")
    (folder / "report.html").unlink()
    other = tmp_path / "other.html"
    assert report_command(str(folder), "json", tmp_path, html=other) == 1
    assert (folder / "report.html").read_text() == other.read_text()
    with pytest.raises(ConfigError, match="cannot write it"):
        report_command(str(folder), "json", tmp_path, html=tmp_path / "no" / "such.html")
    elsewhere = tmp_path / "elsewhere"
    (folder / "report.html").unlink()
    (folder / "report.html").symlink_to(elsewhere)
    assert report_command(str(folder), "json", tmp_path) == 1
    assert not elsewhere.exists(), "nothing is written through a link of somebody else's folder"
