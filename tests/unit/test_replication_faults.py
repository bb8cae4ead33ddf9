"""Faults of a database with a standby: when their own proof says that they bit, what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from chaos.faults.promote import Promote
from chaos.faults.replica_lag import ReplicaLag
from chaos.faults.split_brain import SplitBrain
from harness.document import find_experiment, load_experiment
from harness.errors import ConfigError, UnsupportedFault
from harness.ports import Capability, Fault, Observation, Seen
from harness.registry import load_vocabulary
from harness.runtime_choice import refuse_unsupported
from harness.runtime_registry import load_runtime

DATABASE = "database"
BEHIND = ReplicaLag.model_validate({"service": DATABASE, "lag": "300ms"})
LOST = Promote.model_validate({"service": DATABASE, "lag": "2s"})
STANDING = Promote(service=DATABASE)
SPLIT = SplitBrain(service=DATABASE)


def look(
    canary: str = "ok", timeline: int = 1, delayed: int = 0, lost: int = 0, **state: Any
) -> Observation:
    """One observation of a pair; each timeline has a process of its own."""
    counts: Mapping[str, int] = {"delayed": delayed, "lost": lost}
    known = {"timeline": timeline, "pid": 100 + timeline, **state}
    return Observation(0.0, canary, 0.0, counts, known)


AS_ASKED: dict[str, Any] = {"lag_s": 0.3}
IN_STEP: dict[str, Any] = {"lag_s": 0.0}
CALM = Seen(look(), look(), look(), look())
LATE = Seen(look(), look(**AS_ASKED), look(delayed=5, **AS_ASKED), look(delayed=5))
IDLE = Seen(look(), look(**AS_ASKED), look(**AS_ASKED), look())
UNASKED = Seen(look(), look(**IN_STEP), look(delayed=5, **IN_STEP), look(delayed=5))
GONE, NEW = look("refused", 2, 5, 5), look("ok", 2, 5, 5)
TAKEN_OVER = Seen(look(), look(), GONE, NEW)
NO_TAIL = Seen(look(), look("refused", 2), look("refused", 2), look("ok", 2))
RESTARTED = Seen(look(), look("refused"), look("refused"), look(pid=300))
RENAMED = Seen(look(), look(), look(), look("ok", 2, 5, 5, pid=101))
TWO = look(split=True, delayed=5)
THROWN_AWAY = Seen(look(), TWO, TWO, NEW)
UNWRITTEN = Seen(look(), look(split=True), look(split=True), look("ok", 2))
STEPPED_DOWN = look("no_reply", fenced=True)
FENCED = Seen(look(), look(), STEPPED_DOWN, look("ok", 2))
NOBODY_ELSE = Seen(look(), look(), STEPPED_DOWN, look())
CASES: list[tuple[Fault, Seen, tuple[Seen, ...]]] = [
    (BEHIND, LATE, (CALM, IDLE, UNASKED)),
    (LOST, TAKEN_OVER, (CALM, NO_TAIL, RESTARTED, RENAMED)),
    (STANDING, NO_TAIL, (CALM, RESTARTED, RENAMED)),
    (SPLIT, THROWN_AWAY, (CALM, UNWRITTEN)),
    (SPLIT, FENCED, (NOBODY_ELSE,)),
]


@pytest.mark.parametrize(("fault", "bit", "missed"), CASES)
def test_a_fault_is_proven_only_by_what_it_does(
    fault: Fault, bit: Seen, missed: tuple[Seen, ...]
) -> None:
    """A fault that did not bite must not count as one that was survived."""
    assert fault.proof(bit).proven
    assert [seen for seen in missed if fault.proof(seen).proven] == []


@pytest.mark.parametrize(
    ("kind", "lag", "allowed"),
    [
        (ReplicaLag, "0s", "1ms..1h"),
        (ReplicaLag, "2h", "1ms..1h"),
        (Promote, "61s", "0s..1m"),
    ],
)
def test_a_lag_that_makes_no_sense_is_refused(kind: Any, lag: str, allowed: str) -> None:
    """Before anything is started."""
    with pytest.raises(ValidationError, match=allowed):
        kind.model_validate({"service": DATABASE, "lag": lag})


class Asked:
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        self.did: list[tuple[Any, ...]] = []

    async def set_lag(self, service: str, lag_s: float, stage: str) -> None:
        """Remember."""
        self.did.append(("set_lag", service, lag_s, stage))

    async def demote(self, service: str) -> None:
        """Remember."""
        self.did.append(("demote", service))

    async def lose_primary(self, service: str, lag_s: float) -> None:
        """Remember."""
        self.did.append(("lose_primary", service, lag_s))

    async def split(self, service: str) -> None:
        """Remember."""
        self.did.append(("split", service))


def test_each_asks_the_runtime_for_its_own_harm_and_touches_the_database_alone() -> None:
    """The document's figures arrive."""
    control: Any = Asked()
    faults: list[Fault] = [BEHIND, LOST, SPLIT]
    for fault in faults:
        asyncio.run(fault.inject(control))
        assert (fault.capability, fault.where) == (Capability.REPLICATION, DATABASE)
        assert fault.blast.services == {DATABASE}
    assert control.did == [
        ("set_lag", DATABASE, 0.3, "receive"),
        ("lose_primary", DATABASE, 2.0),
        ("split", DATABASE),
    ]


@pytest.mark.parametrize("experiment", ["X42", "X43", "X46", "X76"])
def test_where_there_is_no_standby_it_is_refused_and_said_who_has_one(experiment: str) -> None:
    """Never skipped: a database that was not lost would look like one that was survived."""
    steps = load_experiment(find_experiment(experiment), load_vocabulary()).steps
    docker, one = load_runtime("docker"), Capability.REPLICATION
    without = replace(docker, capabilities=docker.capabilities - {one}, lacks={one: "one database"})
    with pytest.raises(UnsupportedFault) as caught:
        refuse_unsupported(steps, without)
    assert len(caught.value.problems) == len(steps)
    assert "at database needs replication (one database)" in str(caught.value)
    for able in ("sim", "process", "docker"):
        refuse_unsupported(steps, load_runtime(able))
        assert f"--runtime {able}" in str(caught.value)


def test_a_primary_that_would_be_lost_after_the_fault_is_over_is_refused(tmp_path: Path) -> None:
    """Nothing would be lost, and the run would end without a verdict."""
    words = load_vocabulary()
    path = words.experiments["x42_primary_lost"]
    document = tmp_path / "late.yaml"
    document.write_text(path.read_text().replace("lag: 2s", "lag: 5s"))
    with pytest.raises(ConfigError, match=r"for: 5s; allowed: at least 5\.1s for promote"):
        load_experiment(document, words)
