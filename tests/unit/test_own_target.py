"""A target by one file, with words beside it: found, told apart, and known again by its content."""

from __future__ import annotations

import shutil
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from harness import registry
from harness.errors import ConfigError
from harness.finding import find_words
from harness.prepare import load_design
from harness.registry import changed, load_vocabulary
from tests.own_target import EXPERIMENT, FAULT, lender

MYLENDER = Path(__file__).parents[2] / "docs/examples/mylender"


def test_a_targets_words_stand_beside_the_shipped_ones(tmp_path: Path) -> None:
    """Faults, invariants, journeys, experiments and designs of its own."""
    words = load_vocabulary(str(lender(tmp_path)))
    assert words.target.name == "mine"
    assert {"slower", "latency"} <= words.faults.keys()
    assert {"submitted", "no_double_payout"} <= words.invariants.keys()
    assert {"buyer", "consumer"} <= words.journeys.keys()
    assert {"x90_slower", "x01_payment_reply_lost"} <= words.experiments.keys()
    assert {"ours", "hardened"} <= words.designs.keys()


def test_words_of_one_target_are_not_those_of_another(tmp_path: Path) -> None:
    """Looking at one must not change the other."""
    load_vocabulary(str(lender(tmp_path)))
    assert "slower" not in load_vocabulary().faults


def test_two_lenders_may_call_their_files_the_same(tmp_path: Path) -> None:
    """Each file is a module of its own."""
    one, other = lender(tmp_path / "v1.2"), lender(tmp_path / "v1.3")
    (other.parent / "_settings.py").write_text('NAME = "other"\n')
    names = [load_vocabulary(str(target)).target.name for target in (one, other)]
    assert names == ["mine", "other"]


def test_a_name_defined_twice_names_both_files(tmp_path: Path) -> None:
    """Which of the two would be used, nobody could know."""
    target = lender(tmp_path)
    again = tmp_path / "chaos" / "again.py"
    again.write_text(FAULT.replace("slower", "latency"))
    with pytest.raises(ConfigError) as caught:
        load_vocabulary(str(target))
    (problem,) = caught.value.problems
    assert problem.where == str(again)
    assert problem.cause.startswith("the fault 'latency' is defined here and in ")
    assert problem.cause.endswith("chaos/faults/latency.py")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("from harness.target import Nonsense\n", r"target.py:1: .*cannot import name 'Nonsense'"),
        ("\nraise SystemExit(0)\n", "target.py:2: cannot be loaded: SystemExit"),
        ("TARGET = (\n", "target.py:1:10: cannot be loaded: SyntaxError"),
        ("import no_such_module\n", "no_such_module'; try: .*PYTHONPATH=FOLDER"),
        ("Target = 1\n", "target.py: defines no TARGET"),
        (None, "target.py: cannot be loaded: FileNotFoundError"),
    ],
)
def test_a_target_that_cannot_be_loaded_names_the_line(
    tmp_path: Path, text: str | None, said: str
) -> None:
    """It is somebody's own code: what is wrong with it is theirs to see."""
    file = tmp_path / "target.py"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_vocabulary(str(file))


def test_what_is_included_has_to_be_there(tmp_path: Path) -> None:
    """A folder that was renamed would silently take its promises away."""
    target = lender(tmp_path)
    target.write_text(target.read_text().replace('("chaos",)', '("kaos",)'))
    with pytest.raises(ConfigError, match=r"include 'kaos': .*/kaos is not there"):
        load_vocabulary(str(target))


@pytest.mark.parametrize("file", ["target.py", "_settings.py", "chaos/promises/submitted.py"])
def test_a_change_of_the_targets_code_changes_its_hash(tmp_path: Path, file: str) -> None:
    """Its own file, what it imports, and what it includes."""
    before = load_vocabulary(str(lender(tmp_path / "before"))).source.sha256
    target = lender(tmp_path / "after")
    words = load_vocabulary(str(target))
    assert words.source.sha256 == before
    with (target.parent / file).open("a") as stream:
        stream.write("# changed\n")
    words = load_vocabulary(str(target))
    run = {"target": {"source": "", "sha256": before}}
    problem = changed(run, words)
    assert problem is not None
    assert before in problem.cause
    assert words.source.sha256 in problem.cause


def test_a_document_names_its_target_relative_to_itself(tmp_path: Path) -> None:
    """It goes with its repository, wherever that is; the command line wins."""
    lender(tmp_path)
    document = tmp_path / "chaos" / "experiments" / "x90_slower.yaml"
    words, path = find_words(str(document))
    assert (words.target.name, path) == ("mine", document)
    assert find_words(str(document), "chaos.targets.reference")[0].target.name == "reference"


def test_a_document_whose_target_is_not_there_says_where(tmp_path: Path) -> None:
    """With the place in the document."""
    document = tmp_path / "x90_slower.yaml"
    document.write_text(EXPERIMENT)
    with pytest.raises(ConfigError, match=r"x90_slower.yaml:3:9: target '../../target.py': "):
        find_words(str(document))


def test_installed_packages_add_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By an entry point, as pytest's plug-ins do."""
    lender(tmp_path)
    (tmp_path / "chaos").rename(tmp_path / "lender_words")
    for folder in ("", "journeys", "promises"):
        (tmp_path / "lender_words" / folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("words", "lender_words", "chaos_harness.words")
    monkeypatch.setattr(registry, "entry_points", lambda group: EntryPoints([point]))
    words = load_vocabulary()
    assert {"slower"} <= words.faults.keys()
    assert words.journey_refs["buyer"] == "lender_words.journeys.buyer"
    assert {"ours"} <= words.designs.keys()
    assert registry.experiment_files()["x90_slower"].is_file()


def test_a_target_file_is_found_upward_and_a_document_goes_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes along stays about the reference service; nothing is looked for above a
    repository."""
    there = shutil.copytree(MYLENDER, tmp_path / "mylender")
    (there / "deep").mkdir()
    text = (there / "reply_lost.yaml").read_text()
    (there / "deep/no_target.yaml").write_text(text.replace("target: target.yaml\n", ""))
    monkeypatch.chdir(there / "deep")
    names = [find_words(one)[0].target.name for one in ("no_target.yaml", "X01")]
    assert names == ["mylender", "reference"]
    assert load_vocabulary().target.name == "mylender"
    (there / "deep/.git").mkdir()
    assert load_vocabulary().target.name == "reference"


def test_a_target_that_knows_no_design_gets_none_of_ours() -> None:
    """What a design of the reference service says fills no hole of somebody else's."""
    words = load_vocabulary(str(MYLENDER / "target.yaml"))
    assert (dict(words.designs), load_design("hardened", words)) == ({}, {})
