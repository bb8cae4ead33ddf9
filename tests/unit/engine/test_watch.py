"""A run is stopped by harm that comes at once, not by its length."""

from __future__ import annotations

from harness.watch import Growth


def test_what_fails_now_and_then_never_adds_up() -> None:
    """Half an hour of a failure every two seconds is 30 within a minute, at any time of it."""
    growth = Growth(60.0)
    seen = [growth.at(float(now_s), now_s // 2) for now_s in range(1800)]
    assert max(seen) == 30
    assert seen[-1] == 30


def test_a_burst_counts_from_its_first_failure_until_it_is_a_minute_old() -> None:
    """Also one that came before the first look."""
    growth = Growth(60.0)
    assert growth.at(0.5, 9) == 9
    assert growth.at(59.0, 200) == 200
    assert growth.at(61.0, 200) == 191
    assert growth.at(119.5, 200) == 0
