"""`harness risks`: measured grades beside those of experts."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

from harness.authoring.coverage import items
from harness.cli.console import out_json, stdout
from harness.clock import utc_stamp
from harness.errors import ConfigError, Problem
from harness.experiment import id_of_file
from harness.json_types import JsonDict
from harness.oversight.grades import exit_code, graded, overruled
from harness.oversight.measured import measured
from harness.oversight.register import GRADES, Register, Risk, ids_of, load_register
from harness.oversight.register_report import as_html, as_markdown, show
from harness.registry import Vocabulary, load_vocabulary
from harness.reporting import tier_one_of
from harness.suite.recorded_runs import RecordedRun, recorded_runs


def risks_command(
    given: Path | None,
    design: str,
    output: str,
    runs: Path,
    target: str = "",
    since: str = "",
    markdown: Path | None = None,
    html: Path | None = None,
) -> int:
    """Grade a register by the recorded runs and print it.

    Args:
        given: the register; the one that the target names when left out.
        since: runs before this day do not count; "" for all.
        markdown, html: files for the register as a page too.

    Returns:
        1 where an invariant of tier 1 is broken, 3 where something was not measured, else 0.
    """
    words = load_vocabulary(target)
    path = given or getattr(words.target, "risks", None)
    if path is None:
        cause = f"target {words.target.name} names no register of risks"
        raise ConfigError(Problem(cause, "FILE", remedy="the path of a register"))
    register = read_register(path, words)
    seen = [one for one in recorded_runs(runs) if one.at_utc >= _day(since)]
    risks = [_graded(risk, words, seen, design) for risk in register.risks]
    told = _document(register, risks, {"register": str(path), "design": design,
                                       "runs": str(runs), "today": str(_today())})  # fmt: skip
    for page, made in ((markdown, as_markdown), (html, as_html)):
        if page is not None:
            _write(page, made(told))
    if output == "json":
        out_json(told)
    else:
        show(told, stdout())
    return int(told["exit_code"])


def read_register(path: Path, words: Vocabulary) -> Register:
    """Read and validate a register, as of today.

    Raises:
        ConfigError: every problem with its place.
    """
    return load_register(path, words.experiments, [one.id for one in items()], _today())


def _today() -> date:
    return date.fromisoformat(utc_stamp()[:10])


def _graded(risk: Risk, words: Vocabulary, runs: list[RecordedRun], design: str) -> JsonDict:
    names, tier_one = ids_of(words.experiments), tier_one_of(words.target)
    seen = []
    for word in risk.experiments:
        name = names[word]
        seen.append(measured(name, id_of_file(name) or name, runs, design, tier_one))
    return graded(risk, seen)


def _document(register: Register, risks: list[JsonDict], head: dict[str, str]) -> JsonDict:
    counts = Counter(one["stands"] or "none" for one in risks)
    missing = [name for one in risks for name in one["measured"]["missing"]]
    return {
        "title": register.title,
        **head,
        "counts": {grade: counts[grade] for grade in (*reversed(GRADES), "none") if counts[grade]},
        "overruled": [{"risk": risk, "expert": by} for risk, by in overruled(risks)],
        "missing": list(dict.fromkeys(missing)),
        "risks": risks,
        "exit_code": exit_code(risks),
    }


def _day(given: str) -> str:
    """A day as the names of run folders begin.

    Raises:
        ConfigError: it is none.
    """
    try:
        return given and str(date.fromisoformat(given))
    except ValueError:
        raise ConfigError(Problem(f"no day: {given!r}", "--since", "2026-11-27, UTC")) from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        cause = f"cannot write it: {error.strerror}"
        raise ConfigError(Problem(cause, str(path), "a file that can be written")) from None
