"""Delta debugging: smaller while it still fails."""

from __future__ import annotations

import pytest

from harness.explore.ddmin import ddmin, descend


@pytest.mark.parametrize(
    "culprits", [{3}, {0, 7}, {1, 2, 11}, {0, 1, 2, 3}, set(range(12))], ids=str
)
def test_only_the_culprits_are_left(culprits: set[int]) -> None:
    """Nothing that does not matter stays in a report."""
    assert ddmin(list(range(12)), lambda part: culprits <= set(part)) == sorted(culprits)


def test_one_item_is_as_small_as_it_gets() -> None:
    """There is nothing to try."""
    assert ddmin(["only"], lambda part: pytest.fail("nothing is to be tried")) == ["only"]


def test_values_go_down_while_it_still_fails() -> None:
    """A window is halved until the fault no longer bites."""
    assert descend(64, lambda n: [n // 2, n - 1], lambda n: n >= 5) == 5
