"""R12: a page that is away with the service, or calls all well, on hand-written histories."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chaos.invariants.status_page_stands_apart import INVARIANT
from chaos.targets._reference_gauges import PAGE, PAGE_MODES
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what

pytestmark = pytest.mark.unit
GONE_FROM, GONE_TO = 10, 20
OWN = {"submit": "FULL"}


def _told(page: Callable[[int], dict[str, Any]], kind: str = "crash", where: str = "") -> Story:
    """The service is gone from 10 s to 20 s; somebody looks every second."""
    story = Story().breaks(GONE_FROM, GONE_TO, where or "lending", kind)
    for t_s in range(1, 40):
        own = {} if GONE_FROM < t_s < GONE_TO else {"Modes": OWN}
        groups = {**own, **page(t_s)}
        story.event(t_s, p="lending", type="info", f="gauges", v=groups, src="service")
    return story


def _page(state: str, mode: str = "FULL") -> dict[str, Any]:
    return {PAGE: {"page": state}, PAGE_MODES: {"submit": mode}}


def _as_it_is(t_s: int) -> dict[str, Any]:
    return _page("out of date" if GONE_FROM + 3 < t_s < GONE_TO + 2 else "current")


def test_a_page_that_tells_it_in_time() -> None:
    """Out of date while the service is gone, current again soon afterwards."""
    found = verdict(INVARIANT, _told(_as_it_is))
    assert (found.validity, found.examined) == (Validity.VALID, 39)


@pytest.mark.parametrize("state", ["nothing published", "no answer"])
def test_a_page_that_is_gone_with_the_service(state: str) -> None:
    """Its own page is no page then."""
    nobody = {PAGE: {"page": state}}
    said = what(verdict(INVARIANT, _told(lambda t_s: nobody)))
    assert "nobody answers who asks how it stands" in said


def test_a_page_that_says_all_is_well() -> None:
    """For five seconds it may."""
    said = what(verdict(INVARIANT, _told(lambda t_s: _page("current"))))
    assert "at 15.00 s the page says that all is well" in said


def test_a_page_that_does_not_notice_the_end_of_it() -> None:
    """Out of date for ever."""
    late = _told(lambda t_s: _page("out of date" if t_s > GONE_FROM + 3 else "current"))
    assert "out of date, and the service is there" in what(verdict(INVARIANT, late))


def test_a_page_that_says_something_else() -> None:
    """Than the service all the while."""
    other = _told(lambda t_s: _page("current", "QUEUE") if t_s > 25 else _as_it_is(t_s))
    assert "the page calls submit QUEUE, the service FULL" in what(verdict(INVARIANT, other))


@pytest.mark.parametrize("where", ["status_page", "lending->status_page"])
def test_a_page_that_is_broken_itself_is_not_held_to_it(where: str) -> None:
    """Nobody hears then of anything."""
    silent = _told(_as_it_is if where == "status_page" else lambda t_s: _page("out of date"))
    silent.breaks(0.5, 39.5, where, "down")
    assert verdict(INVARIANT, silent).validity is Validity.VALID


def test_nothing_to_look_at_is_never_valid() -> None:
    """An empty record proves nothing."""
    assert verdict(INVARIANT, Story()).validity is Validity.UNKNOWN
