"""report.html as a browser shows it; skipped where no Chromium or no Playwright is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.model import RunVerdict
from harness.prepare import RunRequest, prepare
from harness.registry import load_vocabulary
from harness.rejudge import reread
from harness.report.html import page
from harness.rng import Seed
from harness.session import run
from harness.undo.recovery import silent

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
if CHROMIUM is None:
    pytest.skip("no chromium on this machine", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

WIDTHS = (320, 768, 1280, 2560)
TIMELINE = "#timeline figure"


@pytest.fixture(scope="module")
def browser(pages: dict[str, Path]) -> Iterator[Any]:
    """One browser for all pages, which are made before: while it is there, an event loop runs."""
    assert pages
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages of a run that failed, of one that passed, and as it would read if it were unsafe."""
    runs = tmp_path_factory.mktemp("runs")
    found: dict[str, Path] = {}
    for design, name in (("naive", "fail"), ("hardened", "pass")):
        result = run(prepare(RunRequest("X01", design, "sim", Seed(3), runs)), silent)
        assert result.verdict.value == name
        found[name] = Path(result.run_dir) / "report.html"
    told, recorded = reread(found["pass"].parent, load_vocabulary())
    other = replace(told, verdict=RunVerdict.UNSAFE, reasons=("timeout at lending->payment_a",))
    found["unsafe"] = runs / "unsafe.html"
    found["unsafe"].write_text(page(other, recorded), encoding="utf-8")
    return found


@pytest.mark.parametrize(
    ("ending", "scheme"),
    [("fail", "light"), ("fail", "dark"), ("unsafe", "dark"), ("pass", "light")],
)
def test_everybody_can_read_it(
    browser: Any, pages: dict[str, Path], ending: str, scheme: str
) -> None:
    """No complaint of axe, no script error, no request, at any width, also with all tables open."""
    tab = browser.new_page(color_scheme=scheme)
    errors: list[str] = []
    requests: list[str] = []
    tab.on("console", lambda message: errors.append(message.text))
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("request", lambda request: requests.append(request.url))
    tab.goto(pages[ending].as_uri())
    found = axe.Axe().run(tab)
    assert found.violations_count == 0, found.generate_report()
    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 800})
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    assert errors == []
    assert requests == [pages[ending].as_uri()]
    tab.close()


def test_the_chart_says_what_the_verdict_says(browser: Any, pages: dict[str, Path]) -> None:
    """The columns of its tables add up to the counts in verdict.json."""
    tab = browser.new_page()
    tab.goto(pages["fail"].as_uri())
    said = json.loads((pages["fail"].parent / "verdict.json").read_text())["figures"]
    rows = tab.evaluate(
        "[...document.querySelectorAll('#chart-outcomes-table tbody tr')]"
        ".map(row => [...row.cells].map(cell => +cell.textContent))"
    )
    sums = [sum(row[column] for row in rows) for column in range(1, 5)]
    assert sums == list(said["outcomes"]["all"].values())
    assert f"{said['risk']['end_minor']:,}" in tab.inner_text(".tiles")
    assert f"{said['risk']['peak_minor']:,}" in tab.inner_text(".tiles")
    tab.close()


def test_the_script_reads_zooms_and_hides(browser: Any, pages: dict[str, Path]) -> None:
    """With the keyboard: a value as it stands in the table, the fault window alone, a series
    less; with the mouse: a stretch that is dragged over."""
    tab = browser.new_page()
    tab.goto(pages["fail"].as_uri())
    tab.focus(f"{TIMELINE} .frame")
    for _ in range(20):
        tab.keyboard.press("ArrowRight")
    row = tab.evaluate(
        "[...document.querySelector('#chart-timeline-table tbody').rows[20].cells]"
        ".map(cell => cell.textContent)"
    )
    read = tab.inner_text(f"{TIMELINE} .read")
    assert all(value in read for value in row)
    whole = tab.get_attribute(f"{TIMELINE} .pane svg", "viewBox")
    tab.get_by_role("button", name="Zoom to the fault").first.click()
    near = tab.get_attribute(f"{TIMELINE} .pane svg", "viewBox")
    assert near != whole
    tab.keyboard.press("Escape")
    tab.focus(f"{TIMELINE} .frame")
    tab.keyboard.press("Escape")
    assert tab.get_attribute(f"{TIMELINE} .pane svg", "viewBox") == whole
    tab.get_by_role("button", name="p99").first.click()
    assert not tab.is_visible(f"{TIMELINE} .pane .p99")
    box = tab.locator(f"{TIMELINE} .pane").first.bounding_box()
    tab.mouse.move(box["x"] + 100, box["y"] + 20)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 300, box["y"] + 20, steps=3)
    tab.mouse.up()
    assert tab.get_attribute(f"{TIMELINE} .pane svg", "viewBox") != whole
    tab.close()


def test_it_is_whole_without_script(browser: Any, pages: dict[str, Path]) -> None:
    """Verdict, charts, tables and stories stand there."""
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(pages["fail"].as_uri())
    assert tab.inner_text(".word") == "FAIL"
    assert tab.locator(f"{TIMELINE} .line.p99").first.get_attribute("d").startswith("M")
    tab.click("#chart-timeline-table summary")
    assert tab.is_visible("#chart-timeline-table td")
    assert "harness run X01 --design naive" in tab.inner_text("#repeat")
    context.close()
