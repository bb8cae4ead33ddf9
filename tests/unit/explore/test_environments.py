"""Other environments: every three factors meet, and what breaks is told as small as it is."""

from __future__ import annotations

from itertools import combinations, product

import pytest

from harness.explore.environments import Environments, covering
from harness.explore.grouping import grouped
from harness.explore.plans import Broken, CallPoint, Fault, Minimal, Plan, Seen
from harness.explore.progress import line_of
from harness.explore.report import SearchReport, document, text
from harness.explore.result import NO_NEWS, SUPERSET, Covered, Found
from harness.explore.search import OutOfTime

FACTORS = {
    "payout": ("normal", "declined", "pending"),
    "callbacks": ("normal", "twice", "lost"),
    "risk": ("normal", "slow"),
    "borrowers": ("one", "three"),
    "funder": ("normal", "short"),
}
CALL = Fault("a->b#1", "lost")


class Weather:
    """A world of one call, tried again when it is lost (`harness.explore.plans.World`).

    Args:
        violating: invariant -> what breaks it.
    """

    def __init__(self, violating: dict[str, set[Fault]]) -> None:
        self.violating = violating
        self.runs: list[Plan] = []

    def run(self, plan: Plan, *, leaf: bool = False) -> Seen:
        """Make the calls."""
        self.runs.append(plan)
        points = ["a->b#1", "a->b#2"] if CALL in plan else ["a->b#1"]
        if Fault("borrowers", "three") in plan:
            points.append("a->b#3")
        calls = tuple(CallPoint(point, "POST /x", ("lost",)) for point in points)
        broken = tuple(
            Broken(name, f"{name} broke", 1.0)
            for name, faults in self.violating.items()
            if faults <= set(plan)
        )
        return Seen(calls, broken, repr(plan))


def look(world: Weather, found: Found | None = None, until_s: float = 60.0) -> Found:
    """The stage alone; each world takes a second."""
    found = found or Found()

    def runner(plans, *, leaf):  # type: ignore[no-untyped-def] # a fake of one line
        return ((plan, world.run(plan, leaf=leaf)) for plan in plans)

    def tick(size: int) -> None:
        found.seconds += 0.001

    Environments(runner, found, FACTORS, tick, until_s).run()
    return found


def sets(found: Found) -> list[set[Fault]]:
    """What breaks."""
    return [set(one.plan) for one in found.minimal]


def test_any_three_factors_meet_in_all_their_values() -> None:
    """Counted without the library that made the rows: all triples, in few rows."""
    normal = {name: values[0] for name, values in FACTORS.items()}
    rows = [{**normal, **{one.point: one.mode for one in row}} for row in covering(FACTORS)]
    for names in combinations(FACTORS, 3):
        met = {tuple(row[name] for name in names) for row in rows}
        assert met == set(product(*(FACTORS[name] for name in names)))
    assert len(rows) < 30 < 72


def test_fewer_than_three_factors_meet_all_the_same() -> None:
    """Two factors give every pair, one gives each of its values."""
    two = {name: FACTORS[name] for name in ("risk", "funder")}
    assert len(covering(two)) == 4
    assert len(covering({"risk": FACTORS["risk"]})) == 2


def test_what_is_normal_is_not_in_a_row() -> None:
    """A row says only what is different."""
    assert all(one.mode != FACTORS[one.point][0] for row in covering(FACTORS) for one in row)


def test_an_environment_that_breaks_is_told_without_what_does_not_matter() -> None:
    """Of a whole row the two values that do the harm are left, once."""
    both = {Fault("payout", "declined"), Fault("callbacks", "lost")}
    found = look(Weather({"money": both}))
    assert sets(found) == [both]
    assert found.minimal[0].operations == ("", "")


def test_a_fault_that_breaks_only_in_an_environment_is_told_with_it() -> None:
    """Neither the call nor the value alone does harm."""
    found = look(Weather({"money": {Fault("callbacks", "lost"), CALL}}))
    assert sets(found) == [{Fault("callbacks", "lost"), CALL}]
    assert dict(zip(found.minimal[0].plan, found.minimal[0].operations, strict=True)) == {
        Fault("callbacks", "lost"): "",
        CALL: "POST /x",
    }


def test_what_is_known_to_break_is_not_run_again() -> None:
    """A fault that breaks in the normal world is spared in every environment."""
    known = Minimal((CALL,), (Broken("money", "it broke", 1.0),), ("POST /x",))
    world = Weather({"money": {CALL}})
    found = look(world, Found([known]))
    assert found.minimal == [known]
    assert found.pruned[SUPERSET] > 0
    assert not [plan for plan in world.runs if CALL in plan]


def test_the_same_harm_at_a_call_of_another_number_is_no_news() -> None:
    """With more borrowers the calls are other ones; what they break is not."""
    known = Minimal((CALL,), (Broken("money", "it broke", 1.0),), ("POST /x",))
    third = {Fault("borrowers", "three"), Fault("a->b#3", "lost")}
    found = look(Weather({"money": third}), Found([known]))
    assert found.minimal == [known]
    assert found.pruned[NO_NEWS] > 0
    worse = look(Weather({"money": third, "honour": third}), Found([known]))
    assert sets(worse) == [{CALL}, third]


def test_what_was_looked_at_is_counted() -> None:
    """Every row, every triple, and in how many of them each single fault was tried."""
    world = Weather({})
    covered = look(world).covered
    assert covered is not None
    assert covered.rows == covered.rows_all == covered.whole == len(covering(FACTORS))
    triples = sum(
        len(list(product(*(FACTORS[name] for name in names)))) for names in combinations(FACTORS, 3)
    )
    assert covered.triples == covered.triples_all == triples
    assert covered.scenarios == len(world.runs)


def test_it_leaves_off_when_its_share_of_the_time_is_over() -> None:
    """What was run is told, and what was not is not counted."""
    covered = look(Weather({}), until_s=0.0).covered
    assert covered is not None
    assert (covered.rows, covered.triples, covered.whole) == (0, 0, 0)
    some = look(Weather({}), until_s=0.03).covered
    assert some is not None
    assert some.rows == some.rows_all > some.whole


def test_the_end_of_all_time_ends_it() -> None:
    """As in every other stage."""

    def runner(plans, *, leaf):  # type: ignore[no-untyped-def] # a fake of one line
        return ((plan, Weather({}).run(plan)) for plan in plans)

    def tick(size: int) -> None:
        raise OutOfTime

    with pytest.raises(OutOfTime):
        Environments(runner, Found(), FACTORS, tick, 60.0).run()


def told(*minimal: Minimal, commands: tuple[str, ...] = ()) -> SearchReport:
    """An account of what was found."""
    found = Found(list(minimal), complete_to=1, covered=Covered(50, 1_500, 50, 1_500, 9_000, 12))
    groups = grouped(minimal, {})
    return SearchReport(
        "naive", ("consumer",), 1, 1, found, groups, [], "runs/x", "harness explore",
        commands=commands,
    )  # fmt: skip


LOST, TWICE = Fault("callbacks", "lost"), Fault("callbacks", "twice")
BROKEN = (Broken("money", "loan l-1 was paid out 2 times", 1.0),)


def test_a_person_reads_which_world_breaks_and_how_to_have_it_again() -> None:
    """Headline, setting, command; what was looked at; nothing that breaks on an ordinary day."""
    lines = list(text(told(Minimal((LOST,), BROKEN, ("",)), commands=("again",)), 100))
    assert lines[0].startswith("BREAKS WITHOUT ANY FAULT IN OTHER ENVIRONMENTS  design naive")
    assert lines[3:6] == ["   all the time, callbacks: lost", "   " + BROKEN[0].what, "   again"]
    assert "50 of 50 environments, 1,500 of 1,500 triples" in "\n".join(lines)


def test_what_breaks_on_an_ordinary_day_is_the_headline() -> None:
    """Fewest faults in the world as it is."""
    here, there = Minimal((CALL,), BROKEN, ("POST /x",)), Minimal((LOST,), BROKEN, ("",))
    assert "1 fault is enough" in next(text(told(there, here), 100))


def test_values_of_a_factor_are_findings_of_their_own() -> None:
    """A lost callback is not a way for it to come twice."""
    both = [Minimal((one,), BROKEN, ("",)) for one in (LOST, TWICE)]
    assert len(told(*both).groups) == 2


def test_a_program_reads_settings_apart_from_calls() -> None:
    """And how much was looked at."""
    read = document(told(Minimal((LOST, CALL), BROKEN, ("", "POST /x")), commands=("again",)))
    (one,) = read["minimal"]
    assert one["environment"] == {"callbacks": "lost"}
    assert [fault["point"] for fault in one["faults"]] == ["a->b#1"]
    assert (one["command"], read["environments"]["triples"]) == ("again", 1_500)


def test_the_bar_says_what_is_being_looked_at() -> None:
    """Environments between the exhaustive part and the swarm."""
    found = Found(covered=Covered(50, 1_500))
    assert line_of(found, 1).startswith("environments, 1 fault ")
    found.swarm = 1
    assert line_of(found, 1).startswith("swarm ")
