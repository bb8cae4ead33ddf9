"""Runtimes are found by name: those of the harness, and those of other people's packages."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.ports import Capability
from harness.prepare import RunRequest, prepare
from harness.replay import refuse_inexact
from harness.rng import Seed
from harness.runtime_kind import RuntimeKind
from harness.runtime_registry import best_runtime, load_runtime, runtime_kinds

SHIPPED = ["process", "sim", "docker"]
Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a distribution on the path whose one module is `own_runtime`."""

    def put(entry_points: str, module: str) -> None:
        info = tmp_path / "own_runtime-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own-runtime\nVersion: 1\n")
        (info / "entry_points.txt").write_text(f"[chaos_harness.runtimes]\n{entry_points}\n")
        (tmp_path / "own_runtime.py").write_text(module)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "own_runtime", raising=False)

    return put


OWN = """
from dataclasses import replace
from harness.runtime_registry import load_runtime
RUNTIME = replace(load_runtime("sim"), name="own", about="somebody's own")
"""


@pytest.mark.parametrize("name", SHIPPED)
def test_each_runtime_of_the_harness_keeps_the_contract(name: str) -> None:
    """Its name, and for each capability that it has or the reason why not."""
    kind = load_runtime(name)
    assert kind.name == name
    assert kind.capabilities | set(kind.lacks) == set(Capability)


def test_the_preferred_runtime_is_named_first() -> None:
    """Real parts before the simulation before containers."""
    assert list(runtime_kinds()) == SHIPPED


@pytest.mark.parametrize("name", ["dokcer", "", "real", "sim.loop", "../sim", "toxics"])
def test_an_unknown_name_is_refused_with_those_that_are_known(name: str) -> None:
    """Also what lies beside the runtimes and is none."""
    with pytest.raises(ConfigError, match=r"no runtime .*allowed: process, sim, docker"):
        load_runtime(name)


def test_a_package_of_somebody_else_brings_a_runtime(install: Install) -> None:
    """By an entry point; listed after those of the harness unless it prefers itself."""
    install("own = own_runtime:RUNTIME", OWN)
    assert load_runtime("own").about == "somebody's own"
    assert set(runtime_kinds()) == {*SHIPPED, "own"}


@pytest.mark.parametrize(
    ("entry", "module", "why"),
    [
        ("own = own_runtime:RUNTIME", "1 / 0", "cannot be loaded: ZeroDivisionError"),
        ("own = own_runtime:NOTHING", OWN, "cannot be loaded: AttributeError"),
        ("own = nowhere:RUNTIME", OWN, "cannot be loaded: ModuleNotFoundError"),
        ("own = own_runtime:RUNTIME", "RUNTIME = 7", "is 7; allowed: a RuntimeKind"),
        ("own = own_runtime:RUNTIME", OWN.replace('"own"', '"else"'), "is called 'else'"),
    ],
)
def test_an_entry_point_that_is_no_runtime_spoils_itself_alone(
    install: Install, entry: str, module: str, why: str
) -> None:
    """Whoever asks for it learns the cause; all others run as before."""
    install(entry, module)
    with pytest.raises(ConfigError) as caught:
        load_runtime("own")
    assert why in str(caught.value)
    assert "entry point own of chaos_harness.runtimes" in str(caught.value)
    assert list(runtime_kinds()) == SHIPPED


def test_a_kind_that_is_silent_on_a_capability_cannot_be_built() -> None:
    """A person who is refused learns the reason, for every fault on every runtime."""
    sim = load_runtime("sim")
    lacks = dict(sim.lacks)
    del lacks[Capability.DISK]
    with pytest.raises(ConfigError, match=r"disk is neither there nor lacking.*reason in lacks"):
        replace(sim, lacks=lacks)
    with pytest.raises(ConfigError, match="links is both there and lacking"):
        replace(sim, lacks={**sim.lacks, Capability.LINKS: "?"})


@pytest.mark.parametrize("name", ["process", "docker"])
def test_a_run_in_real_time_is_not_compared_event_by_event(name: str) -> None:
    """Refused before anything is started, with the runtimes that can."""
    with pytest.raises(ConfigError, match="allowed: a run on sim"):
        refuse_inexact(name, "harness run X01")


def test_the_best_runtime_is_the_first_that_lacks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is said why: what is here, or what the better one lacks."""
    kinds = {
        "better": _kind("better", ["a part", "another"]),
        "good": _kind("good", []),
    }
    monkeypatch.setattr("harness.runtime_registry.runtime_kinds", lambda: kinds)
    kind, why = best_runtime()
    assert kind.name == "good"
    assert why.startswith("better lacks a part and another; harness doctor")
    monkeypatch.setattr("harness.runtime_registry.runtime_kinds", lambda: {"good": kinds["good"]})
    assert best_runtime()[1] == "Python is here"
    monkeypatch.setattr("harness.runtime_registry.runtime_kinds", lambda: {"b": kinds["better"]})
    with pytest.raises(ConfigError, match="no runtime can run on this machine: better lacks"):
        best_runtime()


def test_what_cannot_do_what_a_document_asks_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Preferred or not; and where nobody can, each one's reason is said."""
    monkeypatch.setattr("harness.runtime_registry.runtime_kinds", _without_standbys)
    assert best_runtime()[0].name == "process"
    kind, why = best_runtime({Capability.REPLICATION})
    assert (kind.name, why) == ("sim", "process has no power over replication")
    assert best_runtime(only=["sim"])[0].name == "sim"
    with pytest.raises(ConfigError, match=r"sim has no power over disk"):
        best_runtime({Capability.DISK})


def test_a_run_without_a_runtime_takes_one_that_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X42 promotes a standby: where only the simulation has one, it is simulated."""
    monkeypatch.setattr("harness.runtime_registry.runtime_kinds", _without_standbys)
    prepared = prepare(RunRequest("X42", "hardened", "", Seed(1), tmp_path))
    assert prepared.order.runtime == "sim"
    assert "--runtime sim" in prepared.repeat
    assert prepared.chosen.startswith("runtime sim: ")


def _without_standbys() -> dict[str, RuntimeKind]:
    """The preferred one has no power over replication."""
    process = load_runtime("process")
    able = process.capabilities - {Capability.REPLICATION}
    lacks = {**process.lacks, Capability.REPLICATION: "one database"}
    weaker = replace(process, missing=list, capabilities=able, lacks=lacks)
    return {"process": weaker, "sim": load_runtime("sim")}


def _kind(name: str, missing: list[str]) -> RuntimeKind:
    return replace(load_runtime("sim"), name=name, missing=lambda: missing)
