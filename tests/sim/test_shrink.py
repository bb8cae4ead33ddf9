"""A failing run of the simulation is made smaller and still fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli.shrink import shrink_command
from harness.document import load_experiment
from harness.errors import ConfigError
from harness.explore.shrink_run import SHRUNK, broken_by
from harness.explore.sim_run import trial
from harness.model import RunVerdict
from harness.prepare import RunRequest, load_design, prepare
from harness.registry import experiment_files, load_vocabulary
from harness.rng import Seed
from harness.session import run
from harness.yaml_source import load_yaml, plain

EXPERIMENT = """\
title: Too large
load: {arrivals: 20/s, journeys: {consumer: 3, repayer: 1}}
steady-state-hypothesis:
  title: served
  probes: [{name: limits, measure: served_ratio, of: read_limit, tolerance: ">= 0.5"}]
method:
  - {at: 2s, for: 4s, fault: timeout, link: lending->payment_a, stream: downstream}
  - {at: 2s, for: 4s, fault: latency, link: lending->risk, delay: 100ms}
recovery: 4s
objectives: {recovery: 1s, answer: 5s}
invariants: [no_double_payout]
blast-radius: {links: [lending->payment_a, lending->risk]}
"""


STAGES = "{for: 3s, arrivals: 20/s}, {for: 2s, arrivals: 20/s, to: 8/s}, {for: 5s, arrivals: 8/s}"
STAGED = EXPERIMENT.replace("arrivals: 20/s", f"stages: [{STAGES}]")
ALONE = """\
title: Three requests at once under a load that grows
load: {stages: [{for: 4s, arrivals: 6/s}, {for: 6s, arrivals: 12/s}], journeys: {double_tapper: 1}}
steady-state-hypothesis:
  title: served
  probes: [{name: acks, measure: served_ratio, of: submit, tolerance: ">= 0.5"}]
method: []
recovery: 4s
objectives: {recovery: 1s, answer: 5s}
invariants: [same_key_same_result]
"""


def failing(folder: Path, design: str, document: str = EXPERIMENT) -> Path:
    """The folder of a run."""
    file = folder / "large.yaml"
    file.write_text(document)
    order = RunRequest(str(file), design, "sim", Seed(1), folder / "runs")
    return Path(run(prepare(order), lambda text: None).run_dir)


def test_a_failing_run_becomes_smaller_and_breaks_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The fault that did it is left, for a shorter time, with fewer borrowers."""
    folder = failing(tmp_path, "naive")
    assert shrink_command(str(folder), "", tmp_path / "runs") == 0
    told = capsys.readouterr().out
    assert "fault: latency at lending->risk" in told
    words = load_vocabulary()
    (step,) = load_experiment(folder / SHRUNK, words).steps
    assert (step.fault.kind, step.fault.where) == ("timeout", "lending->payment_a")
    assert step.for_s < 4
    small = plain(load_yaml(folder / SHRUNK))
    assert "no_double_payout" in broken_by(small, load_design("naive", words), 1, words)


@pytest.mark.parametrize("document", [STAGED, ALONE], ids=["staged", "load alone"])
def test_a_load_of_stages_becomes_smaller_too(
    tmp_path: Path, document: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What broke at any rate needs no stages; a load alone needs no fault."""
    folder = failing(tmp_path, "naive", document)
    assert shrink_command(str(folder), "", tmp_path / "runs") == 0
    assert "one rate" in capsys.readouterr().out
    words, small = load_vocabulary(), plain(load_yaml(folder / SHRUNK))
    assert "stages" not in small["load"]
    assert load_experiment(folder / SHRUNK, words).load_s < 8
    (invariant,) = small["invariants"]
    assert invariant in broken_by(small, load_design("naive", words), 1, words)


def test_a_run_in_which_nothing_broke_is_refused(tmp_path: Path) -> None:
    """There is nothing to make smaller, and the error says so."""
    folder = failing(tmp_path, "hardened")
    with pytest.raises(ConfigError, match="nothing broke"):
        shrink_command(str(folder), "", tmp_path / "runs")


def test_alerts_of_a_trial_are_answered_as_those_of_a_run() -> None:
    """Who is on call is part of what is tried: without anybody the first one is never paged."""
    words = load_vocabulary()
    experiment = load_experiment(experiment_files()["x71_on_call_silent"], words)
    seen = trial(experiment, load_design("hardened", words), words, 3)
    assert (seen.verdict, seen.broken) == (RunVerdict.PASS, {})
