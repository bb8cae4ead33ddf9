"""Planting a defect, and knowing where it cannot matter."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from harness.self_test.defects import Defect, Swap, watched

pytestmark = pytest.mark.unit


class Service:
    """Has two functions."""

    def pay(self, amount_minor: int) -> int:
        """Pay it."""
        return amount_minor

    def inquire(self) -> str:
        """Ask."""
        return "paid"


def twice(self: Service, amount_minor: int) -> int:
    """Pay it twice."""
    return 2 * amount_minor


PAYS_TWICE = Defect("pays_twice", "It pays twice.", ("x",), swaps=(Swap(Service, "pay", twice),))


def test_a_defect_is_there_for_as_long_as_it_is_planted() -> None:
    """What is left behind would be seen in the next run, and taken for another defect."""
    with PAYS_TWICE.planted():
        assert Service().pay(5) == 10
    assert Service().pay(5) == 5


def test_watching_notes_what_is_called_and_changes_nothing() -> None:
    """The watched run is the good design's run."""
    inquire = Swap(Service, "inquire", lambda self: "lost")
    with watched([*PAYS_TWICE.swaps, *PAYS_TWICE.swaps, inquire]) as called:
        assert Service().pay(amount_minor=5) == 5
    assert called == {f"{__name__}.Service.pay"}
    assert Service().inquire() == "paid"


def test_a_replaced_function_matters_only_where_it_is_called() -> None:
    """A run with a seed goes on as it went until then."""
    (swap,) = PAYS_TWICE.swaps
    assert PAYS_TWICE.strikes({swap.key})
    assert not PAYS_TWICE.strikes({"another.function"})


def test_what_else_a_defect_changes_may_matter_anywhere() -> None:
    """Nobody can see where a value of the design is read, or a table."""
    assert Defect("a", "A.", ("x",), design={"breaker": None}).strikes(())
    assert Defect("b", "B.", ("x",), swaps=PAYS_TWICE.swaps, plant=lambda: nullcontext()).strikes(
        ()
    )
