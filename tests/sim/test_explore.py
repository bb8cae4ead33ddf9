"""The search on the simulation: what it finds, and that it finds the same again."""

from __future__ import annotations

import json
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from harness.cli.explore import ExploreOptions, explore_command
from harness.document import load_experiment
from harness.errors import ConfigError
from harness.explore import mode_equivalence
from harness.explore.explorer import SearchRequest, explore
from harness.explore.plans import Fault, Minimal
from harness.explore.result import ALIKE, STATE, Found
from harness.explore.sim_world import SimWorld
from harness.explore.workers import Workers
from harness.pool.hands import Where
from harness.prepare import load_design
from harness.registry import load_vocabulary
from harness.runtimes.sim.refusing import NoRealWorld

TILL = "tests.sim.till.target"
FASTAPI, HASTY = "tests.sim.till.fastapi_target", "tests.sim.till.hasty_target"
BROKEN = "tests.sim.till"
LATE_DEBIT = (
    *(Fault(f"lending->payment_a#{n}", "request_lost") for n in (1, 4, 7, 10, 13, 16)),
    Fault("lending->payment_a#19", "reply_lost"),
    *(Fault(f"payment_a->lending#{n}", "request_lost") for n in (1, 2, 3)),
    Fault("lending->payment_a#20", "request_lost"),
)
LOST_PAYOUT = Fault("lending->payment_a#1", "reply_lost")


def world(design: str, journey: str = "consumer") -> SimWorld:
    """A shipped design under one journey."""
    return SimWorld(load_design(design, load_vocabulary()), (journey,), 1)


def search(world: SimWorld, k: int, workers: int = 1, **more: Any) -> Found:
    """Exhaustively."""
    with Workers(partial(SimWorld, **vars_of(world)), Where(workers)) as runner:
        request = SearchRequest(faults=k, budget_s=600, swarm=False, **more)
        return explore(runner, request, lambda found, size: None)


def vars_of(world: SimWorld) -> dict[str, Any]:
    """What a world is made from."""
    return {
        "design": world.design,
        "journeys": world.journeys,
        "seed": world.seed,
        "target": world.target,
    }


def test_a_fault_that_strikes_late_leaves_time_to_mend_it() -> None:
    """A debit whose reply is lost at 19.9 s is credited by an inquiry, and that is waited for."""
    trace = world("hardened", "repayer").trace(LATE_DEBIT)
    (debit,) = trace.history.ledger("debit")
    assert {str(fired.point) for fired in trace.fired} == {fault.point for fault in LATE_DEBIT}
    assert debit.t_s > 14.0
    assert world("hardened", "repayer").run(LATE_DEBIT).broken == ()


@pytest.mark.parametrize(
    "lost",
    [
        ("borrower->lending#2 request_lost", "lending->database#1 crash_after_write",
         "borrower->lending#4 reply_lost"),
        ("lending->database#1 crash_before_write", "lending->database#2 refused",
         "borrower->lending#4 late", "lending->database#3 refused", "borrower->lending#5 late"),
    ],
)  # fmt: skip
def test_a_borrower_whose_every_try_was_lost_is_no_finding(lost: tuple[str, ...]) -> None:
    """On his line, in the service or in its only records: no design can answer him."""
    plan = tuple(Fault(*one.split()) for one in lost)
    assert world("hardened", "repayer").run(plan).broken == ()


def test_naive_pays_twice_when_one_reply_is_lost() -> None:
    """The smallest set is one fault, with the loan and the second as its witness."""
    found = search(world("naive"), 1)
    (one,) = [one for one in found.minimal if one.plan == (LOST_PAYOUT,)]
    (broken,) = [broken for broken in one.broken if broken.invariant == "no_double_payout"]
    assert "was paid out 2 times" in broken.what
    assert one.operations == ("POST /v1/payouts",)


def test_hardened_pays_once_whatever_single_call_goes_wrong() -> None:
    """No alarm about payouts where there is no defect."""
    found = search(world("hardened"), 1)
    names = {broken.invariant for one in found.minimal for broken in one.broken}
    assert "no_double_payout" not in names
    assert found.explored > 100
    assert found.complete_to == 1


def test_a_borrower_who_asks_several_times_at_once_is_explored() -> None:
    """Three answers to one request are no three requests."""
    found = search(world("hardened", "double_tapper"), 1)
    assert (found.minimal, found.complete_to) == ([], 1)


def test_known_states_lose_no_finding() -> None:
    """Whatever an exact search finds was found from an equal state, with no more faults."""
    repayer = world("naive", "repayer")
    merged, exact = search(repayer, 2), search(repayer, 2, exact=True)
    assert merged.pruned[STATE] > 0
    assert merged.explored < exact.explored
    assert len(exact.minimal) > 20
    lost = [one for one in exact.minimal if not any(same(one, other) for other in merged.minimal)]
    assert lost == []


def test_modes_that_make_no_difference_lose_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is found with every mode is found with those that stand for them."""
    repayer = world("naive", "repayer")
    spared = search(repayer, 3)
    monkeypatch.setattr(mode_equivalence, "LEAST", 10**9)
    every = search(repayer, 3)
    assert spared.pruned[ALIKE] > 0
    assert spared.explored < every.explored
    assert {ends(one) for one in every.minimal} == {ends(one) for one in spared.minimal}


@pytest.mark.parametrize("name", ["naive", "hardened"])
def test_a_crash_between_two_writes_is_one_crash(name: str) -> None:
    """What is left out before a write breaks what the crash after the write before it breaks."""
    stage = world(name, "repayer")
    calls = [one for one in stage.run(()).calls if one.operation == "write"]
    pairs = [
        (one.point, two.point)
        for one, two in pairwise(calls)
        if "crash_before_write" not in two.modes
    ]
    assert pairs
    for one, two in pairs:
        after, before = Fault(one, "crash_after_write"), Fault(two, "crash_before_write")
        assert names(stage, after) == names(stage, before)


def names(stage: SimWorld, fault: Fault) -> set[str]:
    """What one fault breaks."""
    return {broken.invariant for broken in stage.run((fault,)).broken}


def ends(one: Minimal) -> tuple[object, ...]:
    """The last fault whatever its mode, and what it breaks."""
    last = (one.plan[-1].edge, one.operations[-1])
    return len(one.plan), last, frozenset(broken.invariant for broken in one.broken)


def same(exact: Minimal, merged: Minimal) -> bool:
    """Whether the last fault and what it breaks are the same; the way there may differ."""
    return (
        len(merged.plan) <= len(exact.plan)
        and {one.invariant for one in merged.broken} == {one.invariant for one in exact.broken}
        and merged.operations[-1:] == exact.operations[-1:]
        and [(f.edge, f.mode) for f in merged.plan[-1:]]
        == [(f.edge, f.mode) for f in exact.plan[-1:]]
    )


def test_two_workers_find_the_same_as_one() -> None:
    """The number of processes is a matter of time alone."""
    repayer = world("naive", "repayer")
    one, two = search(repayer, 1), search(repayer, 1, workers=2)
    assert one.minimal == two.minimal
    assert one.signatures == two.signatures


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (f"{BROKEN}.broken_target", "pay never succeeded, 1 tried"),
        (f"{BROKEN}.dead_target", "RuntimeError: the schema of the database is from 2019"),
    ],
)
def test_a_service_that_works_in_no_world_is_no_service_that_nothing_breaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], target: str, said: str
) -> None:
    """Exit 3 with its own error: nothing was looked at."""
    assert explore_command(of(target, tmp_path, careful=True), confirming=False, output="json") == 3
    document = json.loads(capsys.readouterr().out)
    assert said in document["unfit"]
    assert (document["ended"], document["explored"], document["exit_code"]) == ("unfit", 0, 3)


@pytest.mark.parametrize("target", [TILL, FASTAPI])
def test_a_foreign_service_is_explored_by_its_own_promise(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody else's service (Starlette, FastAPI), target file and invariant are all it takes."""
    careless = of(target, tmp_path, careful=False)
    assert explore_command(careless, confirming=False, output="text") == 1
    told = capsys.readouterr().out
    assert "till->bank#1 (POST /charges): reply_lost or late" in told
    assert "purchase purchase-0 was charged 2 times" in told
    assert "careful: false" in told


@pytest.mark.parametrize("target", [TILL, FASTAPI])
def test_a_careful_foreign_service_has_nothing_to_find(target: str, tmp_path: Path) -> None:
    """And the exit code says so."""
    careful = of(target, tmp_path, careful=True)
    assert explore_command(careful, confirming=False, output="json") == 0


def test_an_endpoint_that_would_run_in_a_thread_ends_the_search(tmp_path: Path) -> None:
    """The error names what to change; a 500 of the service would look like its own."""
    with pytest.raises(NoRealWorld, match=r"real time; write `async def`"):
        explore_command(of(HASTY, tmp_path, careful=True), confirming=False, output="text")


def of(target: str, folder: Path, *, careful: bool) -> ExploreOptions:
    """An exploration of a till."""
    file = design(folder, careful=careful)
    journeys = () if target == TILL else (TILL,)  # its own, unless it has none
    return ExploreOptions(
        file, journeys, faults=2, workers=1, target=target, swarm=False, runs=folder
    )


def design(folder: Path, *, careful: bool) -> str:
    """A design document of the till."""
    file = folder / "till.yaml"
    file.write_text(f"careful: {str(careful).lower()}\n")
    return str(file)


def test_a_finding_leaves_experiments_that_can_be_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run folder holds each finding as a document, and everything as JSON."""
    asked = ExploreOptions("naive", ("repayer",), faults=1, workers=1, swarm=False, runs=tmp_path)
    assert explore_command(asked, confirming=False, output="json") == 1
    told = json.loads(capsys.readouterr().out)
    files = {one["experiment"] for one in told["minimal"]} - {""}
    assert files
    for file in files:
        assert load_experiment(Path(file), load_vocabulary()).steps
    assert json.loads((Path(told["run_dir"]) / "explore.json").read_text()) == told


def test_every_wrong_option_is_named_at_once(tmp_path: Path) -> None:
    """Nobody mends one option after the other."""
    asked = ExploreOptions("naive", ("consumr",), faults=9, budget="60", workers=0, runs=tmp_path)
    with pytest.raises(ConfigError) as caught:
        explore_command(asked, confirming=False, output="text")
    told = str(caught.value)
    for part in ("did you mean 'consumer'?", "--faults", "--budget", "--workers"):
        assert part in told
