"""More third parties by one edit of the target: the service uses them, the checkers judge them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from chaos.lending import FUNDER, GATEWAY, NOTIFIER, RISK_ENGINE
from chaos.targets.reference import STAND_INS, Reference
from harness.document import load_experiment
from harness.history import Event, History
from harness.history_reader import read_history
from harness.judge import judge
from harness.model import RunResult, RunVerdict, Verdict
from harness.prepare import RunRequest, prepare
from harness.registry import load_vocabulary
from harness.rejudge import recheck
from harness.rng import Seed
from harness.session import run

WIDER = Reference({**STAND_INS, "payment_c": GATEWAY, "funding_d": FUNDER})


def carry_out(given: str, target: Reference, runs: Path, design: str = "hardened") -> RunResult:
    """One run of an experiment on `sim` with another target."""
    prepared = prepare(RunRequest(given, design, "sim", Seed(1), runs))
    words = replace(prepared.words, target=target)
    experiment = load_experiment(prepared.path, words)
    return run(replace(prepared, words=words, experiment=experiment), lambda text: None)


def movers(result: RunResult, *kinds: str) -> set[str]:
    """Whose ledgers say that they moved money."""
    history = read_history(Path(result.run_dir) / "history.jsonl")
    return {entry.p for entry in history.of("ledger") if entry.f in kinds}


@pytest.mark.parametrize("experiment", ["X01", "X31", "X51"])
def test_a_fourth_funder_and_a_third_gateway_are_used_and_pass(
    experiment: str, tmp_path: Path
) -> None:
    """The fourth funder takes its share of the applications."""
    result = carry_out(experiment, WIDER, tmp_path)
    assert result.verdict is RunVerdict.PASS, result.reasons
    assert "funding_d" in movers(result, "commit")


TWO_GATEWAYS_DOWN = """\
title: Two of three gateways are down
load: {arrivals: 8/s, journeys: {consumer: 1}}
steady-state-hypothesis:
  title: Borrowers are served
  probes: [{name: acknowledged, measure: ok_ratio, of: submit, tolerance: ">= 0.99"}]
method:
  - {at: 4s, for: 8s, fault: down, link: lending->payment_a}
  - {at: 4s, for: 8s, fault: down, link: lending->payment_b}
recovery: 16s
invariants: [no_double_payout, active_means_paid, debits_match_repayments]
blast-radius: {links: [lending->payment_a, lending->payment_b]}
"""


def test_the_third_gateway_pays_while_the_others_are_down(tmp_path: Path) -> None:
    """The service finds it by its kind; its name is nowhere in the service."""
    document = tmp_path / "two_down.yaml"
    document.write_text(TWO_GATEWAYS_DOWN, encoding="utf-8")
    result = carry_out(str(document), WIDER, tmp_path)
    assert result.verdict is RunVerdict.PASS, result.reasons
    assert movers(result, "payout") == {"payment_a", "payment_c"}


def test_names_decide_nothing(tmp_path: Path) -> None:
    """The same roles under names that follow no pattern."""
    names = {"payment_a": GATEWAY, "mercury": GATEWAY, "oracle": RISK_ENGINE, "funding_a": FUNDER,
             "midas": FUNDER, "croesus": FUNDER, "hermes": NOTIFIER}  # fmt: skip
    result = carry_out("X31", Reference(names), tmp_path)
    assert result.verdict is RunVerdict.PASS, result.reasons
    assert movers(result, "commit") >= {"midas", "croesus"}


def test_a_recorded_run_is_judged_alike_under_other_names(tmp_path: Path) -> None:
    """A gateway renamed in the history, in the experiment and in the target: the same verdicts."""
    result = carry_out("X01", Reference(), tmp_path, "naive")
    folder = Path(result.run_dir)
    again = recheck(folder, load_vocabulary())
    assert _told(again.verdicts) == _told(result.verdicts)
    words = replace(load_vocabulary(), target=Reference({
        "mercury" if name == "payment_a" else name: kind for name, kind in STAND_INS.items()
    }))  # fmt: skip
    document = tmp_path / "renamed.yaml"
    document.write_text((folder / "experiment.yaml").read_text().replace("payment_a", "mercury"))
    lines = (folder / "history.jsonl").read_bytes().replace(b"payment_a", b"mercury").splitlines()
    history = History([msgspec.json.decode(line, type=Event) for line in lines])
    findings = judge(load_experiment(document, words), words.invariants, history)
    assert _told(findings.verdicts) == _told(result.verdicts)
    assert "mercury" in str([one.first_bad for one in findings.verdicts])


def _told(verdicts: tuple[Verdict, ...]) -> list[tuple[str, str, int]]:
    return [(one.checker, one.validity, one.examined) for one in verdicts]
