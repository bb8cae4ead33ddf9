"""Ledgers are copied into the history, and one that lacks something is told apart."""

from __future__ import annotations

import asyncio
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest

from harness.clock import NS
from harness.history import History, HistoryWriter
from harness.ledgers import Ledgers
from harness.target import Answer, Request


def _entry(i: int, t_s: float) -> dict[str, Any]:
    return {"i": i, "t_s": t_s, "f": "payout", "k": f"loan-{i}"}


def _document(*entries: dict[str, Any], epochs_s: tuple[float, ...] = (0.0,)) -> dict[str, Any]:
    return {"entries": list(entries), "epochs_s": list(epochs_s)}


class Bank:
    """A runtime of which only the ledger of one stand-in is asked."""

    service_offset_s = 1.0
    clock = SimpleNamespace(now_s=lambda: 20.0)

    def __init__(self, *documents: dict[str, Any]) -> None:
        """Answer with these, one after another."""
        self._documents = list(documents)

    async def ask(self, service: str, request: Request) -> Answer:
        """The next one; none left: no answer."""
        return Answer(200, self._documents.pop(0)) if self._documents else Answer(None)


def _history(*documents: dict[str, Any]) -> History:
    runtime: Any = Bank(*documents)
    target: Any = SimpleNamespace(services=(SimpleNamespace(name="bank", scripted=True),))
    writer = HistoryWriter(BytesIO(), {})

    async def story() -> None:
        ledgers = Ledgers(runtime, target, writer, lambda text: None)
        if len(documents) > 1:
            await ledgers.look()
        await ledgers.collect()

    asyncio.run(story())
    return History(writer.events)


def test_whole_ledger_of_two_lives_is_read() -> None:
    """The first began before the load; entries are on the run clock."""
    history = _history(_document(_entry(0, 3.0), _entry(1, 9.0), epochs_s=(0.2, 8.0)))
    assert history.ledgers_read == {"bank"}
    assert [event.t / NS for event in history.ledger("payout")] == [2.0, 8.0]


@pytest.mark.parametrize(
    ("documents", "why"),
    [
        ([_document(_entry(0, 9.0), epochs_s=(8.0,))], "began anew at 7.00 s"),
        (
            [_document(_entry(0, 3.0)), {"entries": [_entry(0, 9.0)]}],
            "lacks entries that were in it before: 1 then, 1 now",
        ),
        ([_document(_entry(0, 3.0), _entry(2, 9.0))], "has entries missing in the middle"),
    ],
)
def test_ledger_that_lacks_something_is_not_read(documents: list[dict[str, Any]], why: str) -> None:
    """It began anew, or lacks what was seen in it: no verdict rests on it."""
    history = _history(*documents)
    assert history.ledgers_read == frozenset()
    assert history.ledgers_broken == {"bank": why}


def test_ledger_without_epochs_or_numbers_is_taken_as_it_is() -> None:
    """Somebody else's stand-in need not say when it began."""
    entry = {"t_s": 3.0, "f": "payout", "k": "loan-1"}
    assert _history({"entries": [entry]}).ledgers_read == {"bank"}


def test_ledger_that_cannot_be_read_is_missing() -> None:
    """Neither read nor broken."""
    history = _history()
    assert (history.ledgers_read, history.ledgers_broken) == (frozenset(), {})


def test_calls_that_a_stand_in_kept_are_evidence_beside_its_ledger() -> None:
    """On the run clock; no ledger entry is one of them."""
    call = {"t_s": 4.0, "f": "limit", "k": "b-1", "took_s": 0.5, "status": 503}
    history = _history({**_document(_entry(0, 3.0)), "calls": [call]})
    assert [(one.f, one.t_s, one.v["status"]) for one in history.of("calls")] == [
        ("limit", 3.0, 503)
    ]
    assert [one.f for one in history.of("ledger")] == ["payout"]
