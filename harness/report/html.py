"""report.html: one file that needs nobody else, whole without script.

    result ──────> panels ──┐
    history, target ──> series ──> charts ──┴─> Jinja2 (autoescape) ──> one file

Every text comes from outside: it is shown with its control characters as escapes
(`harness.text.terminal`) and escaped by the template; the page allows no script and no style but
its own, by their hashes, and no request at all.
"""

from __future__ import annotations

import base64
import hashlib
import os
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.model import RunResult
from harness.report import words
from harness.report.panels import context
from harness.report.recorded import Recorded
from harness.store import REPORT
from harness.text import terminal

LOCAL = (
    "default-src 'none'; style-src-elem '{css}'; style-src-attr 'unsafe-inline'; script-src '{js}'"
)


def page(result: RunResult, recorded: Recorded, *, going_on: bool = False) -> str:
    """The whole page.

    Args:
        going_on: the run has no verdict yet, and its server pushes each new page.
    """
    shown = context(result, recorded)
    if going_on:
        shown["sentence"] = f"The run goes on: {result.duration_s:g} s so far. Nothing is decided."
    word = "running" if going_on else result.verdict.value
    also = "; connect-src 'self'" if going_on else ""
    return rendered("report.html.jinja", also, r=result, word=word, going_on=going_on, **shown)


def rendered(template: str, also: str = "", **values: object) -> str:
    """A page of ours: style and script stand in it, and nothing else may be loaded.

    Args:
        also: what its policy allows beyond that.
    """
    css, js = _asset("report.css"), _asset("report.js")
    policy = Markup(LOCAL.format(css=_hash(css), js=_hash(js)) + also)
    own = {"css": Markup(css), "js": Markup(js), "policy": policy}
    return _environment().get_template(template).render(**values, **own)


def report_link(run_dir: str, folder: Path) -> str:
    """From a page in a folder to the report of a run; "" for a run that left none."""
    report = Path(run_dir) / REPORT
    found = bool(run_dir) and report.is_file()
    return os.path.relpath(report.resolve(), folder.resolve()) if found else ""


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("harness.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "num": words.number,
        "seconds": words.seconds,
        "span": words.tick,
        "percent": words.percent,
    }
    return made


def _visible(value: object) -> object:
    """Text with its control characters as escapes."""
    return terminal(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _asset(name: str) -> str:
    return files("harness.report").joinpath("templates", name).read_text("utf-8").strip()


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
