"""A target that can be put together otherwise: which topology an experiment runs in."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import MagicMock

import pytest

from harness.document import find_experiment
from harness.errors import ConfigError, RuntimeFailure, UnsupportedFault
from harness.overrides import AFTER_S
from harness.prepare import Prepared, RunRequest, prepare
from harness.registry import design_files, load_vocabulary
from harness.rng import Seed
from harness.runtimes.process import parts
from harness.target import system_of
from harness.toolchain import Missing, Part
from harness.yaml_source import load_yaml, plain


def prepared(
    runtime: str, topology: str = "", experiment: str = "X42", design: str = "hardened"
) -> Prepared:
    """As `harness run` does it."""
    order = RunRequest(
        experiment, design, runtime, Seed(1), Path("runs"), topology=topology
    )  # fmt: skip
    return prepare(order)


@pytest.mark.parametrize(
    ("runtime", "experiment", "target"),
    [
        ("sim", "X42", "reference"),
        ("process", "X01", "reference"),
        ("process", "X42", "two-regions"),
        ("process", "X76", "two-regions"),
        ("docker", "X42", "two-regions"),
    ],
)
def test_a_real_database_gets_the_standby_that_a_fault_needs(
    runtime: str, experiment: str, target: str
) -> None:
    """The same document; nobody has to name a topology."""
    assert prepared(runtime, experiment=experiment).words.target.name == target


@pytest.mark.parametrize(
    ("runtime", "topology", "links"),
    [
        ("sim", "", ["lending->database"]),
        ("sim", "two-regions", ["lending->database_b"]),
        ("process", "", ["lending->database_b"]),
        ("process", "two-regions-from-b", ["lending->database_a"]),
        ("docker", "", ["lending->database_b"]),
    ],
)
def test_a_link_to_the_records_leads_to_whichever_is_the_primary_by_then(
    runtime: str, topology: str, links: list[str]
) -> None:
    """The document loses the primary first: who is slow afterwards is the one that took over."""
    steps = prepared(runtime, topology, "X47").experiment.steps
    assert [step.fault.where for step in steps if step.fault.where != "database"] == links


@pytest.mark.parametrize("runtime", ["sim", "process"])
def test_a_topology_that_was_named_is_taken_and_repeated(runtime: str) -> None:
    """The command at the end of a report says all that was asked for."""
    made = prepared(runtime, "two-regions", "X01")
    assert made.words.target.name == "two-regions"
    assert "--topology two-regions" in made.repeat


def test_a_topology_without_a_standby_is_refused_and_says_which_one_has_it() -> None:
    """Not replaced in silence: whoever names a topology means it."""
    with pytest.raises(UnsupportedFault) as caught:
        prepared("process", "one-region")
    assert str(caught.value) == (
        "--topology one-region: promote at database: database has no standby; allowed: "
        "two-regions, two-regions-from-b, active-passive"
    )


@pytest.mark.parametrize(
    ("runtime", "topology", "words"),
    [
        ("sim", "two-region", "two-regions"),
        ("docker", "active-passive", "process"),
    ],
)
def test_a_topology_that_cannot_be_had_is_refused(runtime: str, topology: str, words: str) -> None:
    """A slip of the pen is answered with the nearest; a runtime without it with those that run."""
    with pytest.raises(ConfigError, match=words):
        prepared(runtime, topology, "X01")


def machine_with(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Of the parts that only some designs ask for, this machine has these."""
    for name in ("patroni", "etcd"):
        there = Part(name, Path("/x"), "1", "PATH")
        found = there if name in names else Missing(name, f"get {name}")
        monkeypatch.setitem(parts.FINDS, name, MagicMock(return_value=found))


@pytest.mark.parametrize(
    ("topology", "target"),
    [
        ("", "two-regions-patroni"),
        ("two-regions", "two-regions-patroni"),
        ("two-regions-from-b", "two-regions-patroni-from-b"),
    ],
)
def test_a_design_that_asks_for_patroni_gets_it_and_time_for_its_lease(
    topology: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same document; under a lease of 20 s a shorter partition promotes nobody."""
    machine_with(monkeypatch, "patroni", "etcd")
    made = prepared("process", topology, "X46", "hardened_patroni")
    assert made.words.target.name == target
    first, second = prepared("process", topology, "X46").experiment.steps
    longer_s, settled_s = 28 - first.for_s, AFTER_S  # the old primary has to follow again
    assert [(step.at_s, step.for_s) for step in made.experiment.steps] == [
        (first.at_s, 28),
        (second.at_s + longer_s + settled_s, second.for_s),
    ]
    written = made.experiment.document["method"]
    assert isinstance(written, list)
    assert written[0]["for"] == "28s"


def test_the_design_with_patroni_is_the_good_one_but_for_how_it_fails_over() -> None:
    """A defence that the one gets is a defence of the other."""
    designs = {one: plain(load_yaml(path)) for one, path in design_files().items()}
    good, managed = designs["hardened"], designs["hardened_patroni"]
    assert {key for key in managed if managed[key] != good.get(key)} == {
        "name", "failover", "patroni",
    }  # fmt: skip
    assert good.keys() <= managed.keys()


def test_a_design_that_asks_for_patroni_is_refused_where_it_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before anything is started, with what lacks and how to get it; others go on as they did."""
    machine_with(monkeypatch, "patroni")
    with pytest.raises(RuntimeFailure, match=r"two-regions-patroni: etcd is missing; get etcd"):
        prepared("process", design="hardened_patroni")
    assert prepared("process").words.target.name == "two-regions"


def test_a_fault_that_patroni_leaves_no_room_for_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is started, and with the reason."""
    machine_with(monkeypatch, "patroni", "etcd")
    document = tmp_path / "x.yaml"
    text = find_experiment("X42").read_text(encoding="utf-8")
    document.write_text(text.replace("fault: promote", "fault: demote").replace(", lag: 2s", ""))
    with pytest.raises(UnsupportedFault, match="demote at database: Patroni stops"):
        prepared("process", experiment=str(document), design="hardened_patroni")


def test_a_topology_with_patroni_is_refused_in_the_simulation() -> None:
    """It promotes by hand alone, and must not be taken for Patroni."""
    with pytest.raises(ConfigError, match="does not run on sim"):
        prepared("sim", "two-regions", design="hardened_patroni")


@pytest.mark.parametrize("place", ["database_b", "patroni_b", "etcd", "patroni_b->etcd"])
def test_what_a_database_cannot_be_without_is_a_part_of_it(place: str) -> None:
    """Without what decides by it nobody leads: who is not ready then is not blamed for that."""
    target = load_vocabulary("chaos.targets.two_regions_patroni").target
    assert system_of(target).role_at(place) == "database"
