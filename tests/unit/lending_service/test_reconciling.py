"""Each kind of break is told apart, aged, and nothing of a file that is not whole is believed."""

from __future__ import annotations

from typing import Any

import pytest

from lending_service.reconciling import Break, aged, compared, read

pytestmark = pytest.mark.unit


def _file(*lines: tuple[str, int], **other: Any) -> dict[str, Any]:
    told = [{"request_id": id_, "amount_minor": amount_minor} for id_, amount_minor in lines]
    total_minor = sum(amount_minor for _, amount_minor in lines)
    totals = {"count": len(told), "total_minor": total_minor}
    return {"period": 3, **totals, "lines": told, **other}


@pytest.mark.parametrize(
    ("ours", "file", "kinds"),
    [
        ({"a": 5, "b": 7}, _file(("b", 7), ("a", 5)), []),
        ({}, _file(), []),
        ({"a": 5}, _file(("a", 5), ("b", 7)), ["missing_with_us"]),
        ({"a": 5}, _file(("a", 5), ("under way", 7)), []),
        ({"a": 5, "b": 7}, _file(("a", 5)), ["missing_with_them"]),
        ({"a": 5}, _file(("a", 6)), ["amount_differs"]),
        ({"a": 5}, _file(("a", 5), ("a", 5)), ["doubled"]),
        ({"a": 5, "b": 7}, _file(("a", 5), count=2), ["not_whole"]),
        ({"a": 5}, _file(("a", 5), total_minor=6), ["not_whole"]),
        ({"a": 5}, _file(("a", 5), period=2), ["not_whole"]),
        ({"a": 5}, _file(("a", 5), lines="gone"), ["not_whole"]),
        ({"a": 5}, {}, ["not_whole"]),
    ],
)
def test_each_kind_of_break_is_told_apart(
    ours: dict[str, int], file: dict[str, Any], kinds: list[str]
) -> None:
    """A file that is not whole, or of another period, says nothing of the lines that it has."""
    found = compared(ours, read(file, 3), under_way={"under way"})
    assert [one.kind for one in found] == kinds


def test_a_break_is_as_old_as_its_first_sight_and_closes_when_it_is_mended() -> None:
    """Looking again does not make it young; what says nothing of the lines closes nothing."""
    differs = Break(kind="amount_differs", request_id="a", ours_minor=5, theirs_minor=6)
    first = aged((), [differs], 10.0)
    again = aged(first, [differs], 20.0)
    unread = aged(again, [Break(kind="not_whole")], 30.0)
    assert sorted((one.kind, one.since_s) for one in unread) == [
        ("amount_differs", 10.0),
        ("not_whole", 30.0),
    ]
    assert aged(unread, [differs], 40.0) == first
    assert aged(unread, [], 40.0) == ()
