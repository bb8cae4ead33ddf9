"""Which modes are taken for one, and that only plans from which nothing is learned are spared."""

from __future__ import annotations

from harness.explore.explorer import SearchRequest, explore
from harness.explore.mode_equivalence import LEAST, NO_FAULT, Alike, kind_of, outcome
from harness.explore.plans import Broken, CallPoint, Plan, Seen
from harness.explore.result import ALIKE, Found
from tests.unit.explore.fakes import InProcess, TinyWorld, faults

PAY = ("a->b", "POST /x")
SAME: dict[str, object] = {"lost": "x", "refused": "x"}


def learned(*came: dict[str, object]) -> Alike:
    """What is known after these comparisons."""
    alike = Alike()
    for one in came:
        alike.learn(PAY, one)
    return alike


def test_modes_are_alike_after_enough_comparisons() -> None:
    """Once may be chance."""
    assert not learned(*[SAME] * (LEAST - 1)).spares(PAY, "refused", ["lost"])
    assert learned(*[SAME] * LEAST).spares(PAY, "refused", ["lost"])


def test_one_difference_is_enough_to_try_both() -> None:
    """Also when it comes after many that were the same."""
    alike = learned(*[SAME] * 9, {"lost": "x", "refused": "y"})
    assert not alike.spares(PAY, "refused", ["lost"])


def test_a_mode_is_spared_only_beside_one_that_is_tried() -> None:
    """Somebody has to stand for both."""
    alike = learned(*[SAME] * LEAST)
    assert not alike.spares(PAY, "refused", [])
    assert not alike.spares(("a->b", "POST /y"), "refused", ["lost"])


def test_what_is_like_no_fault_is_spared() -> None:
    """A second delivery that nobody notices, for one."""
    unnoticed: dict[str, object] = {NO_FAULT: "x", "duplicate": "x"}
    assert learned(*[unnoticed] * LEAST).spares(PAY, "duplicate", [])


def test_one_write_is_not_like_another() -> None:
    """What a write is for is told by the call that follows it."""
    calls = tuple(
        CallPoint(f"a->{to}#1", operation, ())
        for to, operation in (("db", "write"), ("b", "POST /x"), ("db", "write"))
    )
    assert kind_of(calls, 0) != kind_of(calls, 2)


def test_a_world_that_tells_no_state_teaches_nothing() -> None:
    """Two modes may look alike and yet have left something different behind."""
    known, unknown = CallPoint("a#1", "x", (), future="f"), CallPoint("a#1", "x", ())
    seen = Seen((), (Broken("money", "", 0.0),), "behaviour")
    assert outcome(seen, (known,)) == outcome(seen, (known,))
    assert outcome(seen, (unknown,)) is None


class Telling(TinyWorld):
    """A world that tells its states, and which mode a call failed in if it matters."""

    def __init__(self, matters: bool) -> None:
        super().__init__({"money": [faults("a#1 refused", "b#1 refused", "c#1 refused")]})
        self._matters = matters

    def run(self, plan: Plan, *, leaf: bool = False) -> Seen:
        """As a tiny world does; the state is what went wrong so far."""
        seen = super().run(plan, leaf=leaf)
        so_far, at, calls = "", dict(plan), []
        for call in seen.calls:
            state = f"{call.point}{so_far}"
            calls.append(call._replace(state=state, future=state))
            if call.point in at:
                so_far += call.point + (at[call.point] if self._matters else "")
        return Seen(tuple(calls), seen.broken, seen.signature)


def search(world: TinyWorld, **more: bool) -> Found:
    """Up to three faults, without a swarm."""
    request = SearchRequest(faults=3, swarm=False, **more)
    return explore(InProcess(world), request, lambda found, size: None)


def test_a_search_spares_modes_that_make_no_difference() -> None:
    """In its largest plans alone, and it counts them."""
    world = Telling(matters=False)
    assert search(world).pruned[ALIKE] > 0
    assert {len(plan) for plan in world.runs} == {0, 1, 2, 3}
    for size in (1, 2):
        modes = {plan[-1].mode for plan in world.runs if len(plan) == size}
        assert modes == {"lost", "refused"}


def test_a_search_tries_every_mode_that_makes_a_difference() -> None:
    """And an exact one tries every mode whatever it makes."""
    found = search(Telling(matters=True))
    assert found.pruned[ALIKE] == 0
    assert len(found.minimal) == 1
    assert search(Telling(matters=False), exact=True).pruned[ALIKE] == 0
