"""A target that can be put together otherwise: which topology an experiment runs in."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError, UnsupportedFault
from harness.prepare import Prepared, RunRequest, prepare
from harness.rng import Seed


def prepared(runtime: str, topology: str = "", experiment: str = "X42") -> Prepared:
    """As `harness run` does it."""
    order = RunRequest(
        experiment, "hardened", runtime, Seed(1), Path("runs"), topology=topology
    )  # fmt: skip
    return prepare(order)


@pytest.mark.parametrize(
    ("runtime", "experiment", "target"),
    [
        ("sim", "X42", "reference"),
        ("process", "X01", "reference"),
        ("process", "X42", "two-regions"),
        ("process", "X76", "two-regions"),
    ],
)
def test_a_real_database_gets_the_standby_that_a_fault_needs(
    runtime: str, experiment: str, target: str
) -> None:
    """The same document; nobody has to name a topology."""
    assert prepared(runtime, experiment=experiment).words.target.name == target


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
        "two-regions, two-regions-from-b"
    )


@pytest.mark.parametrize(
    ("runtime", "topology", "words"),
    [
        ("sim", "two-region", "two-regions"),
        ("docker", "two-regions", "sim, process"),
    ],
)
def test_a_topology_that_cannot_be_had_is_refused(runtime: str, topology: str, words: str) -> None:
    """A slip of the pen is answered with the nearest; a runtime without it with those that run."""
    with pytest.raises(ConfigError, match=words):
        prepared(runtime, topology, "X01")
