"""A runtime of one's own is one package: registered by an entry point, no edit of the engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.clock import Clock
from harness.document import load_experiment
from harness.errors import ConfigError, UnsupportedFault
from harness.history_reader import read_history
from harness.model import RunResult, RunVerdict
from harness.prepare import Prepared, RunRequest, prepare
from harness.registry import load_vocabulary
from harness.replay import once_more
from harness.rng import Seed
from harness.session import run
from harness.units import Condition
from harness.workload import Load, LoadEnded, LoadKilled, LoadPlan, LoadReport, Sink
from tests.sim.toy.runtime import ToyRuntime
from tests.sim.toy.target import JOURNEY

DOCUMENT = Path(__file__).parent / "toy/closed.yaml"


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `pip install` leaves a package that brings the runtime `toy`."""
    info = tmp_path / "site/toy-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[chaos_harness.runtimes]\ntoy = tests.sim.toy:RUNTIME\n"
    )
    monkeypatch.syspath_prepend(tmp_path / "site")


def prepared(folder: Path) -> Prepared:
    """An experiment on the toy, with a target and a journey of its own."""
    words = load_vocabulary("tests.sim.toy.target")
    words = replace(words, journeys={JOURNEY.name: JOURNEY})
    order = RunRequest(str(DOCUMENT), "none", "toy", Seed(5), folder)
    return Prepared(order, DOCUMENT, load_experiment(DOCUMENT, words), {}, words)


def carried_out(one: Prepared) -> tuple[RunResult, list[str]]:
    """Its result, and what was said."""
    said: list[str] = []
    return run(one, said.append), said


def test_a_fault_is_injected_proven_and_undone_on_it(tmp_path: Path) -> None:
    """The whole life of a run: start, gate, fault, proof, undo, recovery, settling, stop."""
    result, said = carried_out(prepared(tmp_path))
    (fault,) = result.faults
    assert (fault.proven, fault.undone) == (True, True)
    assert [one.met for one in result.hypothesis] == [True, True]
    assert result.load["delivered"] == result.load["asked"] > 200
    (clean,) = [one for one in result.verdicts if one.checker == "everything_clean"]
    assert (clean.details["injected"], clean.details["undone"]) == (1, 1)
    assert any("starting 2 services on toy" in line for line in said)


def test_its_record_is_that_of_any_run(tmp_path: Path) -> None:
    """A whole history, and a header that names the runtime."""
    result, _ = carried_out(prepared(tmp_path))
    history = read_history(Path(result.run_dir) / "history.jsonl")
    assert history.complete
    assert (result.runtime, result.seed) == ("toy", 5)
    assert [event.v["left"] for event in history.of("clock") if event.f == "clean"] == [[]]


def test_it_says_that_it_is_deterministic_and_is_taken_at_its_word(tmp_path: Path) -> None:
    """A second run of the same seed gives the same operations."""
    one = prepared(tmp_path)
    first = read_history(Path(carried_out(one)[0].run_dir) / "history.jsonl")
    again = once_more(one, lambda text: None)
    assert [e.t for e in first.of("client")] == [e.t for e in again.of("client")]


def test_what_it_cannot_do_is_refused_with_its_own_reason(tmp_path: Path) -> None:
    """Before anything is started, and with the runtimes that can."""
    with pytest.raises(
        UnsupportedFault,
        match=r"replication \(it is a toy\).*try: --runtime process or --runtime sim",
    ):
        prepare(RunRequest("X42", "hardened", "toy", Seed(1), tmp_path))


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (["run", "X31", "--runtime", "toy", "--dry"], 0, "start     on toy"),
        (["list"], 0, "a table of links"),
    ],
)
def test_the_command_line_knows_it(command: list[str], code: int, said: str) -> None:
    """Listed and planned as those of the harness."""
    done = CliRunner().invoke(app, command)
    assert (done.exit_code, said in done.output) == (code, True), done.output


def test_nothing_of_it_can_be_left_standing() -> None:
    """`harness up` names the runtimes on which a system can stand."""
    done = CliRunner().invoke(app, ["up", "--runtime", "toy"])
    assert isinstance(done.exception, ConfigError)
    assert "allowed: process, docker" in str(done.exception)


class Dying:
    """A load whose process somebody kills after some seconds."""

    def __init__(self, inner: Load, clock: Clock, within_s: float) -> None:
        self._inner, self._clock, self._within_s = inner, clock, within_s

    async def wait(self) -> LoadReport:
        """It does not come to its report."""
        await self._clock.sleep(self._within_s)
        await self._inner.stop()
        raise LoadEnded(137, "; its log is empty")

    async def stop(self) -> LoadReport:
        """Whoever asks after its end hears the same."""
        raise LoadEnded(137, "; its log is empty")


def test_a_load_that_somebody_kills_makes_the_run_inconclusive_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a weakness of the service nor an accident of ours; the fault is undone."""
    begin = ToyRuntime.begin_load

    async def begin_load(runtime: ToyRuntime, plan: LoadPlan, sink: Sink) -> Load:
        return Dying(await begin(runtime, plan, sink), runtime.clock, 6.0)

    monkeypatch.setattr(ToyRuntime, "begin_load", begin_load)
    result, _ = carried_out(prepared(tmp_path))
    assert result.verdict is RunVerdict.INCONCLUSIVE
    assert result.reasons[0].startswith("load ended unasked (exit code 137, killed by a signal")


class Stuck:
    """A load that does not end when it is asked to, and is killed."""

    def __init__(self, inner: Load) -> None:
        self._inner, self._killed = inner, LoadKilled(137, "", 2.0)

    async def wait(self) -> LoadReport:
        """No report."""
        await self._inner.wait()
        raise self._killed

    async def stop(self) -> LoadReport:
        """No report."""
        await self._inner.stop()
        raise self._killed


def test_a_load_that_had_to_be_killed_leaves_the_reason_why_the_run_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that was stopped early is inconclusive, however slowly its load ends."""
    begin = ToyRuntime.begin_load

    async def begin_load(runtime: ToyRuntime, plan: LoadPlan, sink: Sink) -> Load:
        return Stuck(await begin(runtime, plan, sink))

    monkeypatch.setattr(ToyRuntime, "begin_load", begin_load)
    one = prepared(tmp_path)
    limit = Condition("failed_operations > 0", "failed_operations", ">", 0.0)
    result, _ = carried_out(replace(one, experiment=replace(one.experiment, abort_when=limit)))
    assert (result.verdict, len(result.reasons)) == (RunVerdict.INCONCLUSIVE, 1)
    assert result.reasons[0].startswith("stopped early: abort-when failed_operations > 0")
