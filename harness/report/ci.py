"""What a pipeline shows of runs without anybody opening a file.

$GITHUB_STEP_SUMMARY    Markdown on the page of the job
::error file=,line=     beside the line of the document that the run broke, ten at the most
metrics.txt             numbers that GitLab compares with those of the target branch
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ConfigError
from harness.json_types import JsonObject
from harness.text import line, terminal
from harness.yaml_source import Place, load_yaml

STEP_SUMMARY, ACTIONS, WORKSPACE = "GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS", "GITHUB_WORKSPACE"
ANNOTATIONS_MAX = 10  # GitHub shows so many of one step
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


@dataclass(frozen=True)
class Annotation:
    """One finding beside the line that it broke.

    Args:
        where: `file:line:column`.
    """

    where: str
    title: str
    message: str


def step_summary(markdown: str) -> None:
    """Add to the page of the job, where there is one; a file that cannot be written is nobody's
    verdict."""
    if path := os.environ.get(STEP_SUMMARY):
        with suppress(OSError), Path(path).open("a", encoding="utf-8") as stream:
            stream.write(markdown + "\n")


def error_lines(runs: Sequence[JsonObject]) -> list[str]:
    """Workflow commands, where GitHub's runner reads them; else none.

    Args:
        runs: in brief, see `harness.suite.outcome.brief`, with `file`.
    """
    if os.environ.get(ACTIONS) != "true":
        return []
    found = [one for run in runs for one in _of(run)]
    most = ANNOTATIONS_MAX if len(found) <= ANNOTATIONS_MAX else ANNOTATIONS_MAX - 1
    lines = [_command(one) for one in found[:most]]
    if len(found) > most:
        lines.append(f"::error::{len(found) - most} more, see the summary of this job")
    return lines


def _of(run: JsonObject) -> Iterator[Annotation]:
    if not run["exit_code"]:
        return
    title = f"{run['verdict'].upper()} {run['experiment']} on {run['design']}"
    found = [one for one in run["findings"] if one.get("state", "new") == "new"]
    for one in found:
        where = place_of(run["file"], one["finding"])
        yield Annotation(where, title, f"{one['finding']}: {one['what']}; {run['repeat']}")
    if not run["findings"]:
        yield Annotation(place_of(run["file"], ""), title, f"{run['reasons'][0]}; {run['repeat']}")


def place_of(file: str, finding: str) -> str:
    """Where a document asks for what a finding broke; its first line where it does not say."""
    path = Path(file)
    try:
        raw = load_yaml(path)
    except ConfigError:
        return f"{file}:1:1"
    kind, _, name = finding.partition(" ")
    place = Place(path, raw)
    if kind == "invariant":
        names = [str(one) for one in raw.get("invariants", [])]
        return place.of("invariants", names.index(name)) if name in names else place.of("title")
    for part in ("steady-state-hypothesis", "thresholds"):
        if finding.startswith(part.partition("-")[0].removesuffix("s")):
            return place.of_key(part)
    return place.of_key("title")


def _command(one: Annotation) -> str:
    file, number, _ = one.where.rsplit(":", 2)
    where = f"file={_escaped(_relative(file), _PROPERTY)},line={number}"
    title = _escaped(line(one.title), _PROPERTY)
    return f"::error {where},title={title}::{_escaped(terminal(one.message), _DATA)}"


def _relative(file: str) -> str:
    """As the repository names it; a document that came with the package keeps its whole path."""
    root = Path(os.environ.get(WORKSPACE) or Path.cwd()).resolve()
    path = Path(file).resolve()
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _escaped(text: str, table: Mapping[str, str]) -> str:
    return "".join(table.get(char, char) for char in text)


def metrics(runs: Sequence[JsonObject]) -> str:
    """Text in the format of OpenMetrics, as GitLab's `artifacts:reports:metrics` reads it."""
    rows = [(_labels(run), run) for run in runs]
    lines = [
        "# HELP chaos_exit_code 0 pass, 1 fail, 3 inconclusive, 4 error, 5 unsafe.",
        "# TYPE chaos_exit_code gauge",
        *(f"chaos_exit_code{{{labels}}} {run['exit_code']}" for labels, run in rows),
        "# HELP chaos_findings Weaknesses that a run found.",
        "# TYPE chaos_findings gauge",
        *(f"chaos_findings{{{labels}}} {len(run['findings'])}" for labels, run in rows),
        "# HELP chaos_number What a run was judged by; seconds, or a share.",
        "# TYPE chaos_number gauge",
    ]
    for labels, run in rows:
        for one in run["numbers"]:
            name = f'name="{_label(one["name"])}"'
            lines.append(f"chaos_number{{{labels},{name}}} {one['value']:.9g}")
    return "\n".join([*lines, "# EOF", ""])


def _labels(run: JsonObject) -> str:
    keys = {"experiment": run["name"], "design": run["design"], "runtime": run["runtime"]}
    return ",".join(f'{key}="{_label(value)}"' for key, value in keys.items())


def _label(value: object) -> str:
    return line(value).replace("\\", "\\\\").replace('"', '\\"')
