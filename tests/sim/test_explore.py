"""The search on the simulation: what it finds, and that it finds the same again."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness.cli.explore import Asked, explore_command
from harness.document import load_experiment
from harness.errors import ConfigError
from harness.explore.explorer import Wish, explore
from harness.explore.found import STATE, Found
from harness.explore.plans import Fault, Minimal
from harness.explore.stage import StageWorld
from harness.explore.workers import Workers
from harness.orders import load_design
from harness.registry import load_vocabulary

TILL = "tests.sim.till.target"
LOST_PAYOUT = Fault("lending->payment_a#1", "reply_lost")


def world(design: str, journey: str = "consumer") -> StageWorld:
    """A shipped design under one journey."""
    return StageWorld(load_design(design, load_vocabulary()), (journey,), 1)


def search(world: StageWorld, k: int, workers: int = 1, **more: Any) -> Found:
    """Exhaustively."""
    with Workers(partial(StageWorld, **vars_of(world)), workers) as crew:
        wish = Wish(faults=k, budget_s=600, swarm=False, **more)
        return explore(crew, wish, lambda found, size: None, allows=world.allows)


def vars_of(world: StageWorld) -> dict[str, Any]:
    """What a world is made from."""
    return {
        "design": world.design,
        "journeys": world.journeys,
        "seed": world.seed,
        "target": world.target,
    }


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


def test_known_states_lose_no_finding() -> None:
    """Whatever an exact search finds was found from an equal state, with no more faults."""
    repayer = world("naive", "repayer")
    merged, exact = search(repayer, 2), search(repayer, 2, exact=True)
    assert merged.pruned[STATE] > 0
    assert merged.explored < exact.explored
    assert len(exact.minimal) > 20
    lost = [one for one in exact.minimal if not any(same(one, other) for other in merged.minimal)]
    assert lost == []


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


def test_a_foreign_service_is_explored_by_its_own_promise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody else's Starlette service, target file and invariant are all that it takes."""
    careless = design(tmp_path, careful=False)
    asked = Asked(careless, (TILL,), faults=2, workers=1, target=TILL, swarm=False, runs=tmp_path)
    assert explore_command(asked, confirming=False, output="text") == 1
    told = capsys.readouterr().out
    assert "till->bank#1 (POST /charges): reply_lost or late" in told
    assert "purchase purchase-0 was charged 2 times" in told
    assert "careful: false" in told


def test_a_careful_foreign_service_has_nothing_to_find(tmp_path: Path) -> None:
    """And the exit code says so."""
    careful = design(tmp_path, careful=True)
    asked = Asked(careful, (TILL,), faults=2, workers=1, target=TILL, swarm=False, runs=tmp_path)
    assert explore_command(asked, confirming=False, output="json") == 0


def design(folder: Path, *, careful: bool) -> str:
    """A design document of the till."""
    file = folder / "till.yaml"
    file.write_text(f"careful: {str(careful).lower()}\n")
    return str(file)


def test_a_finding_leaves_experiments_that_can_be_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run folder holds each finding as a document, and everything as JSON."""
    asked = Asked("naive", ("repayer",), faults=1, workers=1, swarm=False, runs=tmp_path)
    assert explore_command(asked, confirming=False, output="json") == 1
    told = json.loads(capsys.readouterr().out)
    files = {one["experiment"] for one in told["minimal"]} - {""}
    assert files
    for file in files:
        assert load_experiment(Path(file), load_vocabulary()).steps
    assert json.loads((Path(told["run_dir"]) / "explore.json").read_text()) == told


def test_every_wrong_option_is_named_at_once(tmp_path: Path) -> None:
    """Nobody mends one option after the other."""
    asked = Asked("naive", ("consumr",), faults=9, budget="60", workers=0, runs=tmp_path)
    with pytest.raises(ConfigError) as caught:
        explore_command(asked, confirming=False, output="text")
    told = str(caught.value)
    for part in ("did you mean 'consumer'?", "--faults", "--budget", "--workers"):
        assert part in told
