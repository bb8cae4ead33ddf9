"""Environments of the reference service: what each value means, and what breaks there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chaos.targets.reference import TARGET
from harness.cli.explore import ExploreOptions, explore_command
from harness.errors import ConfigError
from harness.explore.environments import covering
from harness.explore.plans import Fault, Plan
from harness.explore.sim_world import SimWorld, factors_of
from harness.prepare import load_design
from harness.registry import load_vocabulary
from harness.target import Setting

FACTORS = {name: tuple(values) for name, values in TARGET.factors.items()}
EACH = [Fault(name, value) for name, values in FACTORS.items() for value in values]


def world(design: str, journey: str = "consumer") -> SimWorld:
    """A shipped design under one journey."""
    return SimWorld(load_design(design, load_vocabulary()), (journey,), 1)


def paid(plan: Plan, design: str = "hardened") -> Mapping[str, int]:
    """Payouts by gateway that moved money."""
    ledger = world(design).trace(plan).history.ledger("payout")
    names = [entry.p for entry in ledger if entry.v["status"] == "SUCCESS"]
    return {name: names.count(name) for name in names}


@pytest.mark.parametrize("setting", EACH, ids=str)
def test_every_value_can_be_had_and_a_hardened_design_keeps_its_promises(setting: Fault) -> None:
    """Stand-ins take their rules, links and standby are as asked, nothing breaks."""
    assert world("hardened").run((setting,)).broken == ()


def test_the_first_value_of_each_factor_is_the_world_as_it_is() -> None:
    """So that leaving a factor out and naming its first value is the same."""
    assert all(next(iter(values.values())) == Setting() for values in TARGET.factors.values())
    first = tuple(Fault(name, values[0]) for name, values in FACTORS.items())
    assert world("hardened").run(first).signature == world("hardened").run(()).signature


def test_a_declined_payout_is_paid_elsewhere_and_a_pending_one_once() -> None:
    """What a value says is what the third party does."""
    assert paid((Fault("payout", "declined"),)) == {"payment_b": 1}
    assert paid((Fault("payout", "pending"),)) == {"payment_a": 1}
    assert paid((Fault("gateway", "away-first"),)) == {"payment_b": 1}


@pytest.mark.parametrize("end", ["refused", "crash_before_write", "promote"])
def test_a_gateway_that_is_back_is_not_asked_for_what_another_may_have_done(end: str) -> None:
    """Paid at the second one, whose answer is lost; by then the first takes calls again."""
    away = (Fault("gateway", "away-first"),)
    points = world("hardened").trace(away).points
    paid_at = [str(point) for point in points].index("lending->payment_b#1")
    answer = next(p for p in list(points)[paid_at:] if p.edge == "lending->database")
    assert paid((*away, Fault(str(answer), end))) == {"payment_b": 1}


def test_callbacks_come_as_often_as_their_factor_says() -> None:
    """None, one or two for the payout."""
    calls = {
        value: sum(p.edge == "payment_a->lending" for p in trace.points)
        for value in FACTORS["callbacks"]
        for trace in [world("hardened").trace((Fault("callbacks", value),))]
    }
    assert calls["lost"] == 0 < calls["normal"] < calls["twice"]
    assert calls["late"] > calls["normal"], "the gateway gave up waiting and sent it again"


def test_borrowers_are_as_many_and_as_far_apart_as_asked() -> None:
    """Three begin together, or 0.4 s after one another."""
    plan = (Fault("borrowers", "three"),)
    for more, begins in (((), [0.0, 0.0, 0.0]), ((Fault("arrivals", "apart"),), [0.0, 0.4, 0.8])):
        ops = world("hardened").trace((*plan, *more)).history.ops("read_limit")
        assert [round(op.t_invoke_s, 3) for op in ops] == begins


def test_no_environment_breaks_a_hardened_design() -> None:
    """Each row of the covering array as it is, for the longest journey."""
    hardened = world("hardened")
    for row in covering(FACTORS):
        assert hardened.run(row).broken == (), row


def test_a_finding_names_its_environment_and_the_command_that_finds_it_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A payout that is settled later is paid again by the naive design, without any fault."""
    monkeypatch.setattr(TARGET, "factors", {"payout": TARGET.factors["payout"]})
    naive = ExploreOptions("naive", ("consumer",), 0, budget="2s", workers=1, runs=tmp_path)
    told = search(naive, capsys)
    (pending,) = [one for one in told["minimal"] if one["environment"] == {"payout": "pending"}]
    assert "no_double_payout" in {broken["invariant"] for broken in pending["broken"]}
    assert (pending["faults"], pending["experiment"]) == ([], "")
    again = replace(naive, environment=("payout=pending",), swarm=False)
    assert pending["command"] == again.repeat
    values = len(TARGET.factors["payout"])
    assert told["environments"]["rows"] == told["environments"]["triples"] == values
    (found,) = search(again, capsys)["minimal"]
    assert found["broken"] == pending["broken"]


def search(asked: ExploreOptions, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What the command says, as a document."""
    assert explore_command(asked, confirming=False, output="json") == 1
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_a_setting_that_does_not_exist_is_named_with_those_that_do() -> None:
    """Name or value."""
    asked = ExploreOptions("hardened", environment=("payout=late", "weather=rain"))
    with pytest.raises(ConfigError) as caught:
        explore_command(asked, confirming=False, output="text")
    problems = [str(problem) for problem in caught.value.problems]
    assert len(problems) == 2
    assert "payout=normal|declined|pending" in problems[0]


def test_a_target_without_factors_has_no_environments() -> None:
    """The engine knows none by itself."""
    till = load_vocabulary("tests.sim.till.target").target
    assert factors_of(till) == {}
