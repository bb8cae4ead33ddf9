"""The story of one thing, from histories written by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from harness.clock import NS
from harness.history import Event, History
from harness.model import Phase
from harness.report.story import names_of, stories
from harness.target import Target

TARGET = cast(
    "Target",
    SimpleNamespace(
        entry="user->app",
        links=[SimpleNamespace(name="user->app", callee="app")],
        identifiers={"order_id": "order", "parcel_id": "parcel"},
        related=lambda _: [("o-2", "k-2")],
    ),
)


def event(i: int, t_s: float, type_: str, f: str, k: str, p: str, **values: Any) -> Event:
    """Of a client, unless `p` is a bank or the nemesis."""
    src = {"bank": "ledger", "nemesis": "nemesis"}.get(p, "client")
    return Event(i=i, t=round(t_s * NS), p=p, type=type_, f=f, k=k, v=values, src=src)


EVENTS = [
    event(1, 1.0, "invoke", "buy", "k-1", "user/1", item="book"),
    event(2, 1.1, "ok", "charge", "o-1", "bank", amount=5_000),
    event(3, 1.2, "ok", "buy", "k-1", "user/1", order_id="o-1", http_status=202),
    event(4, 3.0, "invoke", "track", "o-1", "user/1.2"),
    event(5, 3.1, "ok", "track", "o-1", "user/1.2", order_id="o-1", parcel_id="p-1"),
    event(6, 4.0, "ok", "handed over", "p-1", "bank"),
    event(7, 5.0, "invoke", "buy", "k-2", "user/2", item="pen"),
    event(8, 5.5, "ok", "charge", "o-2", "bank", amount=1),
    event(10, 1.05, "ok", "down", "app->bank", "nemesis", action="inject"),
    event(11, 2.0, "ok", "down", "app->bank", "nemesis", action="heal"),
]


def test_names_lead_from_one_to_the_next() -> None:
    """From the request to its order, from there to its parcel; nobody else's events."""
    story = stories(History(EVENTS), TARGET, ["k-1"])["k-1"]
    assert set(story.ids) == {"o-1", "p-1"}
    told = [(entry.t_s, entry.source, entry.sink, entry.tone) for entry in story.entries]
    assert told == [
        (1.0, "user/1", "app", ""),
        (1.05, "nemesis", "nemesis", "fault"),
        (1.1, "app", "bank", "ledger"),
        (1.2, "app", "user/1", "ok"),
        (2.0, "nemesis", "nemesis", "fault"),
        (3.0, "user/1", "app", "ok"),
        (4.0, "app", "bank", "ledger"),
    ]
    assert "charge amount=5,000" in story.entries[2].what
    assert story.lanes == ["user/1", "app", "bank"]
    assert [story.during(t_s) for t_s in (1.0, 1.1, 2.0)] == [False, True, False]


def test_every_name_of_a_thing_tells_the_same_story() -> None:
    """Whichever of them is asked for, in one pass for all of them."""
    found = stories(History(EVENTS), TARGET, ["k-1", "o-1", "p-1"])
    numbers = [sorted(n for e in one.entries for n in e.events) for one in found.values()]
    assert numbers == [[1, 2, 4, 6]] * 3


def test_what_no_answer_joins_the_target_does() -> None:
    """An order whose buyer never got an answer, which is said."""
    story = stories(History(EVENTS), TARGET, ["o-2"])["o-2"]
    assert story.ids == ("k-2",)
    assert [entry.what for entry in story.entries][-1] == "charge amount=1"
    assert any("no answer at all" in entry.what for entry in story.entries)


def test_last_reads_are_told_as_such_and_unknown_names_have_no_story() -> None:
    """They are the harness's own; `names_of` says what there is."""
    last = Event(i=20, t=9 * NS, p="checker/0.1", type="invoke", f="track", k="o-1",
                 src="client", phase=Phase.SETTLED)  # fmt: skip
    story = stories(History([*EVENTS, last]), TARGET, ["o-1", "nobody"])
    assert story["o-1"].entries[-1].sink == "last read"
    assert story["nobody"].entries == ()
    names = names_of(History(EVENTS), TARGET)
    assert (names["o-1"], names["p-1"], names["k-1"]) == ("order", "parcel", "key of buy")
