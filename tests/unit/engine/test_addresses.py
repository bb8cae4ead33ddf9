"""Clients that know several addresses."""

from __future__ import annotations

from harness.load.addresses import Addresses, goes_on
from harness.target import Answer, Request

READ, WRITE = Request("GET", "/"), Request("POST", "/")


def test_an_address_that_fails_is_tried_last_from_then_on() -> None:
    """However many learn it at once; an answer of any status is no failure."""
    known = Addresses(["a", "b"])
    known.learn("a", Answer(503))
    assert list(known) == ["a", "b"]
    for _ in range(2):
        known.learn("a", Answer(None, error="reset"))
    assert list(known) == ["b", "a"]


def test_a_write_that_may_have_been_done_is_not_sent_to_another_address() -> None:
    """A read is, and what was never sent."""
    lost, refused = Answer(None, error="reset"), Answer(None, error="refused")
    assert [goes_on(READ, lost), goes_on(WRITE, refused)] == [True, True]
    assert [goes_on(WRITE, lost), goes_on(READ, Answer(503))] == [False, False]
