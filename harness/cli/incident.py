"""`harness incident`."""

from __future__ import annotations

from pathlib import Path
from shlex import join

from harness.cli.console import note, out_json, stdout
from harness.errors import ConfigError, Problem
from harness.json_types import JsonDict
from harness.oversight.classification import classified
from harness.oversight.incident import incident
from harness.oversight.incident_report import as_markdown, show
from harness.oversight.reports import pack
from harness.oversight.rules import load_rules
from harness.registry import changed, vocabulary_of
from harness.rejudge import reread
from harness.run_record import read_run
from harness.store import RunFolder, find_run


def incident_command(
    run: str, given: Path | None, out: Path | None, output: str, runs: Path, target: str = ""
) -> int:
    """Classify a recorded run by rules and print the incident; write the drafts of its reports.

    Args:
        given: the rules; those that the target names when left out.
        out: a folder for the drafts; none are written when left out.

    Returns:
        1 where a report is late or never complete, 3 where evidence is missing, else 0.
    """
    folder = find_run(runs, run)
    record = read_run(folder)
    words = vocabulary_of(record, target)
    path = given or getattr(words.target, "incident_rules", None)
    if path is None:
        cause = f"target {words.target.name} names no rules for incidents"
        raise ConfigError(Problem(cause, "--rules", remedy="the path of a file of rules"))
    rules = load_rules(path)
    if problem := changed(record, words):
        note(f"harness: warning: {problem.where}: {problem.cause}")
    result, recorded = reread(folder, words)
    found = incident(result, recorded, rules.in_doubt_after_s)
    told = {
        "run": str(folder),
        "experiment": result.experiment,
        "design": result.design,
        "rules_file": str(path),
        "repeat": join(["harness", "incident", str(folder), "--rules", str(path)]),
        **pack(found, rules, classified(found, rules)),
    }
    if out is not None:
        _write(out, told)
    if output == "json":
        out_json(told)
    else:
        show(told, stdout())
    return int(told["exit_code"])


def _write(out: Path, told: JsonDict) -> None:
    """The whole as JSON, and each report as Markdown and JSON.

    Raises:
        ConfigError: it cannot be written.
    """
    folder = RunFolder(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        folder.write_json("incident.json", told)
        for report in told["reports"]:
            folder.write_json(f"{report['name']}.json", report)
            folder.write(f"{report['name']}.md", as_markdown(told, report))
    except OSError as error:
        cause = f"cannot write it: {error.strerror}"
        raise ConfigError(Problem(cause, str(out), "a folder that can be written")) from None
