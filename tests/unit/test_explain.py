"""`harness explain`: what a word means, what it takes, where it works, and how it is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from harness.authoring.explain import explain
from harness.authoring.parameters import example, parameters
from harness.blast import OF_DATABASES
from harness.cli.endings import known
from harness.cli.main import app
from harness.document import load_experiment
from harness.registry import Vocabulary, load_vocabulary

MINE = Path(__file__).parents[2] / "docs/examples/mylender/target.yaml"
HEAD = """\
title: One fault
load: {arrivals: 20/s, journeys: {JOURNEY: 1}}
steady-state-hypothesis:
  title: served
  probes: [{name: acks, measure: ok_ratio, of: OPERATION, tolerance: ">= 0.9"}]
method: []
recovery: 10s
invariants: [INVARIANT]
"""


@pytest.fixture(scope="module")
def words() -> Vocabulary:
    """Those of the reference service."""
    return load_vocabulary()


def document(words: Vocabulary, step: dict[str, Any]) -> str:
    """An experiment with one step, in the words of a target."""
    text = HEAD.replace("JOURNEY", list(words.journeys)[-1])
    text = text.replace("OPERATION", words.target.contract["operations"][0])
    head = YAML(typ="safe").load(text.replace("INVARIANT", list(words.invariants)[-1]))
    places = {f"{one}s": [step[one]] for one in ("link", "service") if one in step}
    return json.dumps({**head, "method": [step], "blast-radius": places})


@pytest.mark.parametrize("target", ["", str(MINE)])
def test_the_example_of_every_fault_is_one_that_a_document_may_have(
    tmp_path: Path, target: str
) -> None:
    """Pasted below `method:`, on whatever target; nobody has to look a value up elsewhere."""
    words = load_vocabulary(target)
    for kind, fault in words.faults.items():
        rules = getattr(words.target, "rule_ops", {})
        asked = [op for ops in rules.values() for op in ops]
        if target and (getattr(fault, "role", "") or not getattr(fault, "fits", len)(asked)):
            continue  # of a third party that this target has not
        if fault.capability in OF_DATABASES and not any(
            s.is_database for s in words.target.services
        ):
            continue
        (step,) = YAML(typ="safe").load(example(kind, words))
        step = {name: value for name, value in step.items() if name not in ("repeat", "every")}
        file = tmp_path / f"{kind}.yaml"
        file.write_text(document(words, step | {"at": "8s", "for": "8s"}))
        assert load_experiment(file, words).faults()[0].kind == kind


def test_every_parameter_says_its_unit_or_range(words: Vocabulary) -> None:
    """An empty cell would send the reader to the code."""
    for kind, fault in words.faults.items():
        for one in parameters(fault):
            assert one.allowed not in ("", "integer", "number", "string"), f"{kind}.{one.name}"
            assert one.required == (one.default == ""), f"{kind}.{one.name}"


def test_a_fault_says_where_it_works_and_why_not(words: Vocabulary) -> None:
    """With the reason of the runtime."""
    (latency,), (full,) = explain("latency", words), explain("full_disk", words)
    assert set(latency.works.values()) == {"yes"}
    assert "in memory" in full.works["sim"]
    shown = CliRunner().invoke(app, ["explain", "latency"]).stdout
    for part in ("delay", "1ms .. 10m", "default downstream", "works on", "- {at: 8s, for: 6s"):
        assert part in shown, part


def test_words_of_every_kind_are_explained(words: Vocabulary) -> None:
    """By name, and an invariant by its id; each with a line to paste."""
    known = {"m1": "invariants", "latency_p99": "measures", "X01": "experiments", "sim": "runtimes",
             "lending->risk": "links", "risk": "services", "submit": "operations"}  # fmt: skip
    for word, section in known.items():
        (found,) = explain(word, words)
        assert (found.section, bool(found.example)) == (section, True)


def test_a_promise_of_ones_own_is_its_claim() -> None:
    """It has no id of the catalogue: no empty words stand for one."""
    done = CliRunner().invoke(app, ["explain", "paid_once", "--target", str(MINE)])
    assert done.stdout.splitlines()[:4] == [
        "paid_once  (invariant)", "  No loan is paid out twice.", "", "example",
    ]  # fmt: skip


def test_a_word_that_there_is_not_names_the_nearest() -> None:
    """Exit 2; as JSON where that was asked for."""
    failed = CliRunner().invoke(app, ["explain", "latncy"]).exception
    code, (problem,) = known(failed or AssertionError())
    assert (code, problem.cause) == (2, "nothing is called 'latncy'; did you mean 'latency'?")
    found = json.loads(CliRunner().invoke(app, ["explain", "down", "--output", "json"]).stdout)
    assert found["explanations"][0]["works"]["docker"] == "yes"
