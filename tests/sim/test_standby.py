"""Calls at which a primary is lost, or its standby falls behind: what each means, and who shows it.

A repayer's first write is the commit of his repayment; `lending->database#1` is that write.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.explore.plans import Fault, Minimal, Plan, Seen
from harness.explore.sim_world import SimWorld
from harness.explore.to_experiment import Ask, regression
from harness.model import Validity
from harness.prepare import RunRequest, load_design, prepare
from harness.registry import load_vocabulary
from harness.rng import Seed
from harness.session import run
from lending_service.simulated import service

WRITE = "lending->database#{}"
TOLD = "borrower->lending"
ASYNCHRONOUS = {"synchronous_commit": "local"}


def world(journey: str = "repayer", design: str = "hardened", **other: object) -> SimWorld:
    """A shipped design but for what `other` says, under one journey."""
    document: Mapping[str, object] = load_design(design, load_vocabulary())
    return SimWorld({**document, **other}, (journey,), 1)


def plan(*words: str) -> Plan:
    """`plan("1 promote", "2 stale")`: writes to the database, in order."""
    pairs = [word.split() for word in words]
    return tuple(Fault(WRITE.format(number), mode) for number, mode in pairs)


def broken(seen: Seen) -> set[str]:
    """The invariants that broke."""
    return {one.invariant for one in seen.broken}


@pytest.mark.parametrize("journey", ["repayer", "consumer"])
def test_commits_that_wait_for_the_standby_lose_nothing_at_any_write(journey: str) -> None:
    """Whichever write goes with its primary or finds the standby behind: every promise is kept."""
    calm = world(journey)
    writes = [m for m in calm.run(()).calls if "stale" in m.modes]
    assert len(writes) >= 5
    for call in writes:
        for mode in ("promote", "stale"):
            assert calm.run((Fault(call.point, mode),)).broken == (), (call.point, mode)


def test_what_no_commit_waited_for_is_acknowledged_and_lost() -> None:
    """Told yes on one machine alone, and that machine is gone."""
    seen = world(**ASYNCHRONOUS).run(plan("1 promote"))
    assert broken(seen) == {"acknowledged_is_kept", "acknowledged_is_readable"}
    assert "is unknown at" in seen.broken[0].what or "not to exist" in seen.broken[0].what


def test_a_standby_that_is_behind_makes_the_loss_larger() -> None:
    """What was written before the primary was lost is gone as well, if it had not arrived."""
    lost = world(**ASYNCHRONOUS)
    assert lost.run(plan("3 promote")).broken == ()
    assert "acknowledged_is_kept" in broken(lost.run(plan("1 stale", "3 promote")))


def test_who_reads_from_a_standby_that_is_behind_does_not_find_his_own_wish() -> None:
    """For a while; in the end it is there. Where the primary is read, nobody notices."""
    split = world(**ASYNCHRONOUS, reads_from="standby").run(plan("1 stale"))
    assert broken(split) == {"acknowledged_is_readable"}
    assert world(**ASYNCHRONOUS).run(plan("1 stale")).broken == ()


def test_a_loss_of_money_is_never_excused_by_the_missing_primary() -> None:
    """The naive design forgets a debit that it had asked for."""
    assert "debits_match_repayments" in broken(world(design="naive").run(plan("2 promote")))


def test_a_try_that_met_no_primary_is_lost_like_any_other() -> None:
    """Three tries, each with the primary that was to keep it: no design could have kept them."""
    every = plan("1 promote", "2 promote", "3 promote")
    once = world(records_tries_max=1)
    trace, seen = once.trace(every), once.run(every)
    assert [op.outcome.value for op in trace.history.ops("repay")] == ["info"] * 3
    assert seen.broken == ()


def test_nobody_answers_until_the_standby_has_taken_over() -> None:
    """The window of the fault is as long as there is no primary."""
    (fired,) = world().trace(plan("1 promote")).fired
    assert round(fired.t_over_s - fired.t_s, 3) == 0.22


def test_a_commit_that_waited_and_then_died_did_so_when_it_died() -> None:
    """The service falls once the standby has the write, not when the write was sent."""
    slow, crash = world().trace(plan("1 stale", "2 crash_after_write")).fired
    assert slow.t_s == 0.0
    assert crash.t_s == pytest.approx(slow.t_over_s)


def test_a_service_that_finds_no_primary_when_it_starts_is_started_again() -> None:
    """It dies, its database is away, and it is back soon after that one is."""
    design = load_design("hardened", load_vocabulary())
    pair = SimWorld(design, ("consumer", "repayer"), 1)
    lost, crash = pair.trace(plan("2 promote", "3 crash_before_write")).fired
    assert crash.t_over_s > lost.t_over_s
    assert pair.run(plan("2 promote", "3 crash_before_write")).broken == ()


def test_a_database_without_a_standby_is_offered_none_and_that_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No plan can do nothing; what is left out is added up with other modes that show nothing."""
    usual = [m.left_out for m in world().run(()).calls if m.operation == "write"]
    monkeypatch.setattr(service, "DATABASE", "where nobody looks for it")
    alone = world()
    writes = [m for m in alone.run(()).calls if m.operation == "write"]
    assert all(not {"promote", "stale"} & set(call.modes) for call in writes)
    assert [call.left_out for call in writes] == [n + 2 for n in usual]
    with pytest.raises(ValueError, match="promote needs a standby; the database over lending->"):
        alone.run(plan("1 promote"))


@pytest.mark.parametrize(
    ("mode", "kind", "invariant"),
    [
        ("promote", "promote", "acknowledged_is_kept"),
        ("stale", "replica_lag", "acknowledged_is_readable"),
    ],
)
def test_a_finding_becomes_an_experiment_that_breaks_the_same(
    mode: str, kind: str, invariant: str, tmp_path: Path
) -> None:
    """Written down, run on `sim`: the fault bites, is undone, and the naive design fails by it."""
    naive = world(design="naive")
    seen = naive.run(plan(f"1 {mode}"))
    found = Minimal(plan(f"1 {mode}"), seen.broken, ("write",))
    ask = Ask({"repayer": 1}, "repay", [invariant])
    file = tmp_path / "explored.yaml"
    file.write_text(regression(found, seen.calls, load_vocabulary().target, ask).text)
    result = run(
        prepare(RunRequest(str(file), "naive", "sim", Seed(1), tmp_path)), lambda text: None
    )
    assert [(one.kind, one.proven, one.undone) for one in result.faults] == [(kind, True, True)]
    assert invariant in {v.checker for v in result.verdicts if v.validity is Validity.INVALID}
