"""Panels that look beyond the run: the last green one, and who talks to whom."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.clock import NS
from harness.experiment import Experiment
from harness.history import Event, History
from harness.model import FaultReport, RunResult, RunVerdict
from harness.report.compare import last_green
from harness.report.recorded import Recorded
from harness.report.topology import topology
from harness.target import LinkSpec, ServiceSpec, Target

RESULT = RunResult("X01", "t", "d", "sim", 1, RunVerdict.FAIL, 1, (), "", "r")
THEN = {"experiment": "X01", "runtime": "sim", "verdict": "pass", "design": "d", "seed": 4,
        "figures": {"recovery": {"recovery_time_s": 0.5}}}  # fmt: skip

DAMAGED = {"recovery": {"recovery_time_s": float("nan")}, "latency": [1]}


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (THEN, True),
        ({**THEN, "verdict": "fail"}, False),
        ({**THEN, "runtime": "process"}, False),
        ({**THEN, "experiment": "X02"}, False),
        ({**THEN, "figures": None}, False),
        (
            {**THEN, "figures": {"recovery": {"recovery_time_s": float("nan")}, "latency": [1]}},
            None,
        ),
        ([], False),
        ("not even JSON", False),
    ],
)
def test_the_last_run_that_passed_is_the_measure(tmp_path: Path, written: Any, found: bool) -> None:
    """Only an earlier one, of the same experiment on the same runtime; a damaged one is none."""
    for name in ("2026-01", "2026-02", "2026-03"):
        (tmp_path / name).mkdir()
    (tmp_path / "2026-01" / "verdict.json").write_text(json.dumps(written))
    (tmp_path / "2026-03" / "verdict.json").write_text(json.dumps(THEN))
    now = {"recovery": {"recovery_time_s": 2.0}}
    seen = last_green(replace(RESULT, run_dir=str(tmp_path / "2026-02"), figures=now))
    assert (seen is not None) is (found is not False)
    if seen is not None and found is None:
        assert list(seen.rows[0]) == ["recovery time", "2 s", "-"]
    elif seen is not None:
        assert (seen.run, list(seen.rows[0])) == ("2026-01", ["recovery time", "2 s", "500 ms"])


def test_the_fault_and_who_took_over_stand_in_the_drawing() -> None:
    """Both lines, both boxes, and what each one did in each phase."""
    services = [ServiceSpec("app", "m", "app"), *(
        ServiceSpec(name, "m", "payer", scripted=True) for name in ("a", "b")
    )]  # fmt: skip
    links = [LinkSpec("user->app", "user", "app"), LinkSpec("app->a", "app", "a"),
             LinkSpec("app->b", "app", "b"), LinkSpec("a->app", "a", "app")]  # fmt: skip
    target = cast("Target", SimpleNamespace(services=services, links=links, entry="user->app"))
    done = [("a", "baseline"), ("a", "baseline"), ("b", "fault")]
    events = [
        Event(i=n, t=n * NS, p=who, type="ok", f="paid", src="ledger", phase=phase)
        for n, (who, phase) in enumerate(done)
    ]
    took_over = {"recovery": {"failover": [{"from": "a", "to": "b", "t_s": 2.0}]}}
    fault = FaultReport("down", "app->a", True, True, 1.0, 2.0, {})
    seen = topology(
        replace(RESULT, faults=(fault,), figures=took_over),
        Recorded(cast("Experiment", None), target, History(events)),
    )
    assert {line.name: line.css for line in seen.lines} == {
        "user->app": "", "app->a": "hurt", "app->b": "over", "a->app": "",
    }  # fmt: skip
    assert {box.name: box.css for box in seen.boxes} == {
        "user": "",
        "app": "",
        "a": "",
        "b": "over",
    }
    assert seen.phases == ["baseline", "fault"]
    told = [(one.name, one.state, one.work) for one in seen.players]
    assert told == [("a", "fault at app->a", [2, 0]), ("b", "took over", [0, 1])]
