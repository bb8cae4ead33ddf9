"""The story of one thing: every event about it, by time, with the fault windows across it.

Which fields name a thing is told by the target (`harness.reporting.identifiers`); from one name
to the next (key of a request -> its application -> its loan) the history itself leads.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from harness.history import Event, History
from harness.json_types import JsonObject
from harness.model import FaultWindow, Op, Outcome, Phase, Verdict
from harness.reporting import identifiers, related
from harness.target import Target, entry_service

HOPS_MAX = 6  # from the first name to the last one; chosen
VALUE_MAX = 40  # characters of one value; chosen
WHAT_MAX = 240  # characters of an entry; chosen
BESIDES = frozenset({"http_status", "explained", "i", "t_s", "f", "k"})
FAULTS = "nemesis"
LAST_READ = "last read"  # of the harness, once the load is over
Item: TypeAlias = Op | Event


@dataclass(frozen=True)
class Entry:
    """One thing that happened.

    Args:
        source, sink: who did it to whom; the same twice where it is of one alone.
        what: for a reader.
        tone: ok, fail, info, fault, or "" for a request.
        events: numbers of the events that it shows.
    """

    t_s: float
    source: str
    sink: str
    what: str
    tone: str
    events: tuple[int, ...] = ()


@dataclass(frozen=True)
class Story:
    """Everything about one thing.

    Args:
        ids: its other names.
        windows: fault windows that it met.
    """

    subject: str
    ids: tuple[str, ...]
    entries: tuple[Entry, ...]
    windows: tuple[FaultWindow, ...]

    @property
    def lanes(self) -> list[str]:
        """Who takes part, the user first."""
        return list(dict.fromkeys(who for e in self.entries for who in (e.source, e.sink)
                                  if e.tone != "fault"))  # fmt: skip

    def during(self, t_s: float) -> bool:
        """Whether a fault was there."""
        return any(w.t_inject_s <= t_s < w.t_heal_s for w in self.windows)


def stories(history: History, target: Target, subjects: Iterable[str]) -> dict[str, Story]:
    """The story of each, in one pass over the history for each step from name to name."""
    fields = tuple(identifiers(target))
    owners: dict[str, set[str]] = {subject: {subject} for subject in subjects}
    items: Sequence[Item] = (*history.all_ops, *history.of("ledger"))
    pairs = [list(pair) for pair in related(target, history)]
    found: defaultdict[str, dict[int, Item]] = defaultdict(dict)
    for _ in range(HOPS_MAX):
        known = sum(map(len, owners.values()))
        for names in pairs:
            _join(names, owners)
        for item in items:
            if _is_known(item, fields, owners):
                for subject in _join(_names(item, fields), owners):
                    found[subject][_number(item)] = item
        if sum(map(len, owners.values())) == known:
            break
    service = entry_service(target)
    return {
        subject: _story(subject, owners, list(found[subject].values()), history, service)
        for subject in dict.fromkeys(subjects)
    }


def names_of(history: History, target: Target) -> dict[str, str]:
    """Every name of a thing in a history -> what it names."""
    kinds = identifiers(target)
    names: dict[str, str] = {}
    items: Sequence[Item] = (*history.all_ops, *history.of("ledger"))
    for item in items:
        for field, kind in kinds.items():
            for values in _values(item):
                if isinstance(name := values.get(field), str) and name:
                    names.setdefault(name, kind)
        if item.k:
            names.setdefault(item.k, f"key of {item.f}")
    return names


def subject_of(verdict: Verdict, history: History, target: Target) -> str:
    """What a counterexample is about: a name that it gives, else that of its first event."""
    bad = verdict.first_bad or {}
    for field in (*identifiers(target), "key", "id"):
        if isinstance(name := bad.get(field), str) and name:
            return name
    numbers = set(bad.get("events", ()))
    return next((e.k for e in history.events if e.i in numbers and e.k), "")


def _is_known(item: Item, fields: Sequence[str], owners: Mapping[str, object]) -> bool:
    """Whether it bears a name that is looked for; asked of every item, so nothing is built."""
    if item.k in owners:
        return True
    for values in _values(item):
        for field in fields:
            if field in values and str(values[field]) in owners:
                return True
    return False


def _join(names: Sequence[str], owners: dict[str, set[str]]) -> set[str]:
    """Whose names these are; all of them are from here on."""
    if not any(name in owners for name in names):
        return set()
    subjects = {subject for name in names for subject in owners.get(name, ())}
    if subjects:
        for name in names:
            owners.setdefault(name, set()).update(subjects)
    return subjects


def _names(item: Item, fields: Sequence[str]) -> list[str]:
    named = [item.k] if item.k else []
    for values in _values(item):
        named += [str(values[field]) for field in fields if values.get(field)]
    return named


def _values(item: Item) -> tuple[JsonObject, ...]:
    return (item.request, item.value) if isinstance(item, Op) else (item.v,)


def _number(item: Item) -> int:
    return item.index if isinstance(item, Op) else item.i


def _story(
    subject: str,
    owners: Mapping[str, set[str]],
    items: Sequence[Item],
    history: History,
    service: str,
) -> Story:
    ids = tuple(name for name, its in owners.items() if subject in its and name != subject)
    ops = [item for item in items if isinstance(item, Op)]
    ledger = [item for item in items if isinstance(item, Event)]
    entries = [_booked(event, service) for event in ledger]
    between = sorted(entry.t_s for entry in entries)
    for op in ops:
        entries += _asked(op, service, between)
    if entries:
        first_s, last_s = min(e.t_s for e in entries), max(e.t_s for e in entries)
    else:
        first_s, last_s = 0.0, -1.0
    windows = tuple(w for w in history.windows if w.overlaps(first_s, last_s))
    entries += [entry for window in windows for entry in _fault(window)]
    return Story(subject, ids, tuple(sorted(entries, key=lambda e: e.t_s)), windows)


def _booked(event: Event, service: str) -> Entry:
    what = _cut(f"{event.f} {_pairs(event.v)}")
    return Entry(event.t_s, service, event.p, what, "ledger", (event.i,))


def _asked(op: Op, service: str, between: Sequence[float]) -> Iterator[Entry]:
    """One entry; two where something happened between request and answer, or it took long."""
    asked, answered = f"{op.f} {op.k} {_pairs(op.request)}".rstrip(), _answer(op)
    end_s = op.last_s
    user = LAST_READ if op.phase == Phase.SETTLED else op.user
    if op.t_end_s is not None and not any(op.t_invoke_s <= t_s <= end_s for t_s in between):
        what = _cut(f"{asked}: {answered}")
        yield Entry(op.t_invoke_s, user, service, what, op.outcome, (op.index,))
        return
    yield Entry(op.t_invoke_s, user, service, _cut(asked), "", (op.index,))
    if op.t_end_s is None:
        yield Entry(end_s, service, user, f"{op.f} {op.k}: no answer at all", Outcome.INFO)
    else:
        yield Entry(end_s, service, user, _cut(f"{op.f}: {answered}"), op.outcome)


def _answer(op: Op) -> str:
    status = op.value.get("http_status")
    head = f"HTTP {status}" if status else (op.err or str(op.outcome))
    return f"{head} {_pairs(op.value)} after {op.latency_s or 0.0:.3f} s"


def _fault(window: FaultWindow) -> Iterator[Entry]:
    name = f"{window.fault} at {window.where}"
    yield Entry(window.t_inject_s, FAULTS, FAULTS, f"{name} begins", "fault")
    yield Entry(window.t_heal_s, FAULTS, FAULTS, f"{name} is healed", "fault")


def _pairs(values: JsonObject) -> str:
    return " ".join(
        f"{name}={_short(value)}"
        for name, value in values.items()
        if name not in BESIDES and value not in (None, "", [], {})
    )


def _short(value: object) -> str:
    if isinstance(value, str):
        text = value
    else:
        text = f"{value:,}" if type(value) is int else json.dumps(value, default=str)
    return text if len(text) <= VALUE_MAX else f"{text[: VALUE_MAX - 3]}..."


def _cut(text: str) -> str:
    return text if len(text) <= WHAT_MAX else f"{text[: WHAT_MAX - 3]}..."
