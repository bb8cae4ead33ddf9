"""`harness show`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path

from rich.table import Table
from rich.text import Text

from harness.cli.console import out, out_json, stdout
from harness.errors import ConfigError, Problem
from harness.history import History
from harness.history_reader import read_history
from harness.json_types import JsonDict, JsonObject
from harness.model import Validity
from harness.registry import Vocabulary, vocabulary_of
from harness.rejudge import recheck
from harness.report.story import Story, names_of, stories, subject_of
from harness.run_record import read_run
from harness.store import HISTORY, find_run
from harness.text import line, quoted, terminal

TONES = {"ok": "green", "fail": "red", "info": "yellow", "fault": "bold red", "ledger": "cyan"}
NEAR_MAX = 5
SOME = 4  # names of each kind that the list shows


def show_command(run: str, subject: str, output: str, runs: Path, target: str = "") -> int:
    """Print the story of one thing of a run; without a name, what there is to show.

    Returns:
        0; problems are raised.
    """
    folder = find_run(runs, run)
    words = vocabulary_of(read_run(folder), target)
    history = read_history(folder / HISTORY)
    if not subject:
        choice = _choice(folder, words, history)
        if output == "json":
            out_json(choice)
        else:
            for text in _lines(choice, folder):
                out(text)
        return 0
    story = stories(history, words.target, [subject])[subject]
    if not story.entries:
        raise _unknown(subject, history, words)
    if output == "json":
        out_json(asdict(story))
    else:
        _print(story)
    return 0


def _choice(folder: Path, words: Vocabulary, history: History) -> JsonDict:
    """Counterexamples, and the names of each kind."""
    broken = [v for v in recheck(folder, words).verdicts if v.validity is Validity.INVALID]
    found = ((subject_of(verdict, history, words.target), verdict) for verdict in broken)
    kinds: dict[str, list[str]] = {}
    for name, kind in names_of(history, words.target).items():
        kinds.setdefault(kind, []).append(name)
    return {
        "counterexamples": [{"name": name, "invariant": one.title} for name, one in found if name],
        "names": kinds,
    }


def _lines(choice: JsonObject, folder: Path) -> Iterator[str]:
    """Counterexamples, then some names of each kind."""
    for one in choice["counterexamples"]:
        yield f"{one['name']:<24} counterexample to {one['invariant']}"
    for kind, names in sorted(choice["names"].items(), key=lambda pair: -len(pair[1])):
        more = f" and {len(names) - SOME} more" if len(names) > SOME else ""
        yield f"{kind:<24} {', '.join(map(line, names[:SOME]))}{more}"
    yield f"Show one: harness show {line(folder)} NAME"


def _unknown(subject: str, history: History, words: Vocabulary) -> ConfigError:
    names = names_of(history, words.target)
    near = get_close_matches(subject, names, NEAR_MAX, 0.6)
    return ConfigError(
        Problem(
            f"no event of the run is about {quoted(subject)}",
            allowed=", ".join(near) if near else "a name that the run has",
            remedy="without a name, harness show RUN lists what there is",
        )
    )


def _print(story: Story) -> None:
    console = stdout()
    also = f"  (also {', '.join(story.ids)})" if story.ids else ""
    console.print(Text(terminal(f"{story.subject}{also}"), "bold"))
    for window in story.windows:
        console.print(
            Text(
                f"| while {line(window.fault)} at {line(window.where)}: "
                f"{window.t_inject_s:.2f} .. {window.t_heal_s:.2f} s",
                TONES["fault"],
            )
        )
    table = Table(box=None, show_header=False, pad_edge=False)
    for options in ({}, {"justify": "right", "no_wrap": True}, {}, {"overflow": "fold"}):
        table.add_column(**options)
    for entry in story.entries:
        route = entry.source if entry.source == entry.sink else f"{entry.source} -> {entry.sink}"
        table.add_row(
            Text("|" if story.during(entry.t_s) or entry.tone == "fault" else "", TONES["fault"]),
            f"{entry.t_s:.3f} s",
            Text(terminal(route), "bold"),
            Text(terminal(entry.what), TONES.get(entry.tone, "")),
        )
    console.print(table)
