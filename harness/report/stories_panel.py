"""The stories of the counterexamples, as rows of a table with a strip of lanes beside each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.model import RunResult, Validity
from harness.report.recorded import Recorded
from harness.report.story import Entry, Story, stories, subject_of

STORIES_MAX = 8  # chosen: the first counterexample of so many invariants
ROWS_MAX = 40  # of one story; chosen
LANE = 30  # px between two lanes
LANES_MAX = 10  # chosen: those who take part beyond it share the last one
OTHERS = "others"


class Row(NamedTuple):
    """One entry.

    Args:
        start, end: px of its arrow.
        witness: whether the checker names it.
        faulty: whether a fault was there.
    """

    entry: Entry
    start: int
    end: int
    witness: bool
    faulty: bool


class StoryLayout(NamedTuple):
    """One story, ready to be laid out.

    Args:
        broke: what it is a counterexample to.
        lines: px of the lanes.
        more: rows that were left out.
    """

    subject: str
    broke: str
    also: str
    lanes: Sequence[str]
    lines: Sequence[int]
    width: int
    windows: Sequence[Any]
    rows: Sequence[Row]
    more: int


def story_layouts(result: RunResult, recorded: Recorded) -> list[StoryLayout]:
    """One for each thing that a broken invariant names first."""
    wanted: dict[str, list[str]] = {}
    witnesses: dict[str, set[int]] = {}
    for verdict in result.verdicts:
        if verdict.validity is not Validity.INVALID:
            continue
        if name := subject_of(verdict, recorded.history, recorded.target):
            wanted.setdefault(name, []).append(verdict.title)
            witnesses.setdefault(name, set()).update((verdict.first_bad or {}).get("events", ()))
    chosen = dict(list(wanted.items())[:STORIES_MAX])
    if not chosen:
        return []
    found = stories(recorded.history, recorded.target, chosen)
    return [
        _layout(story, ", ".join(chosen[name]), witnesses[name])
        for name, story in found.items()
        if story.entries
    ]


def _layout(story: Story, broke: str, witness: set[int]) -> StoryLayout:
    names = story.lanes[:LANES_MAX]
    shown = names if len(story.lanes) <= LANES_MAX else [*names[:-1], OTHERS]
    at = {name: LANE // 2 + LANE * number for number, name in enumerate(shown)}
    rows = list(_rows(story, at, witness))
    kept = _kept(rows)
    return StoryLayout(
        story.subject,
        broke,
        ", ".join(story.ids[:ROWS_MAX]),
        list(at),
        list(at.values()),
        LANE * len(at),
        story.windows,
        kept,
        len(rows) - len(kept),
    )


def _kept(rows: Sequence[Row]) -> Sequence[Row]:
    """Not too many: witnesses and faults first, then by time."""
    weighty = sorted(range(len(rows)), key=lambda n: (not _weighty(rows[n]), n))
    return [rows[number] for number in sorted(weighty[:ROWS_MAX])]


def _weighty(row: Row) -> bool:
    return row.witness or row.entry.tone == "fault"


def _rows(story: Story, at: Mapping[str, int], witness: set[int]) -> Iterator[Row]:
    last = max(at.values(), default=0)
    for entry in story.entries:
        fault = entry.tone == "fault"
        yield Row(
            entry,
            at.get(entry.source, last),
            at.get(entry.sink, last),
            bool(witness.intersection(entry.events)),
            fault or story.during(entry.t_s),
        )
