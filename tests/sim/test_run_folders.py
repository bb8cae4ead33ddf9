"""A run folder that was damaged or changed: refused with its file, never judged."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli.console import progress
from harness.errors import ConfigError
from harness.model import RunVerdict, Validity
from harness.prepare import RunRequest, prepare
from harness.registry import load_vocabulary
from harness.rejudge import recheck
from harness.rng import Seed
from harness.session import run
from harness.store import find_run, new_folder
from harness.suite.difference import load_side

WORDS = load_vocabulary()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that passed."""
    runs = tmp_path_factory.mktemp("runs")
    prepared = prepare(RunRequest("X01", "hardened", "sim", Seed(3), runs))
    result = run(prepared, progress())
    assert result.verdict is RunVerdict.PASS
    return Path(result.run_dir)


@pytest.fixture
def folder(recorded: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(recorded, tmp_path / "run"))


def lines(
    folder: Path, change: Callable[[list[str]], list[str]], name: str = "history.jsonl"
) -> None:
    """Change the lines of a file."""
    path = folder / name
    path.write_text("".join(change(path.read_text().splitlines(keepends=True))))


def field(folder: Path, name: str, value: object) -> None:
    """Change a field of run.json."""
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**record, name: value}))


def told(folder: Path, **fields: object) -> None:
    """Change fields of verdict.json."""
    said = json.loads((folder / "verdict.json").read_text())
    (folder / "verdict.json").write_text(json.dumps({**said, **fields}))


def part(folder: Path, name: str, **fields: object) -> None:
    """Change fields of the first entry of a list in verdict.json."""
    first, *rest = json.loads((folder / "verdict.json").read_text())[name]
    told(folder, **{name: [{**first, **fields}, *rest]})


def text(folder: Path, name: str, value: str) -> None:
    """Replace a file."""
    (folder / name).unlink()
    (folder / name).write_text(value)


def changed(folder: Path, name: str, old: str, new: str) -> None:
    """Change a word of a file that has it."""
    before = (folder / name).read_text()
    assert old in before
    text(folder, name, before.replace(old, new, 1))


def gone(folder: Path, name: str) -> None:
    """Remove a file."""
    (folder / name).unlink()


DAMAGE: list[tuple[str, Callable[[Path], None]]] = [
    ("history.jsonl:", lambda f: lines(f, lambda all_: all_ * 2)),
    ("history.jsonl:", lambda f: lines(f, lambda all_: [all_[0], *sorted(all_[1:-1]), all_[-1]])),
    ("history.jsonl:", lambda f: lines(f, lambda all_: [*all_[:99], *all_[100:]])),
    ("history.jsonl", lambda f: gone(f, "history.jsonl")),
    ("faults.jsonl", lambda f: gone(f, "faults.jsonl")),
    ("history.jsonl:", lambda f: text(f, "faults.jsonl", "")),
    ("faults.jsonl:1", lambda f: text(f, "faults.jsonl", "[]\n")),
    ("faults.jsonl:1", lambda f: text(f, "faults.jsonl", "\x00rubbish\n")),
    ("faults.jsonl:", lambda f: lines(f, lambda all_: all_ * 2, "faults.jsonl")),
    ("faults.jsonl:1", lambda f: lines(f, lambda all_: all_[::-1], "faults.jsonl")),
    ("faults.jsonl:", lambda f: lines(f, lambda all_: all_[:-1], "faults.jsonl")),
    ("experiment.yaml", lambda f: changed(f, "experiment.yaml", ">= 0.99", ">= 0.01")),
    ("experiment.yaml", lambda f: changed(f, "experiment.yaml", "no_double_payout, ", "")),
    ("run.json", lambda f: gone(f, "run.json")),
    ("run.json:1:1", lambda f: text(f, "run.json", "")),
    ("run.json", lambda f: text(f, "run.json", "[]")),
    ("run.json", lambda f: text(f, "run.json", "[" * 100_000)),
    ("run.json", lambda f: field(f, "seed", 4)),
    ("run.json", lambda f: field(f, "seed", -1)),
    ("run.json", lambda f: field(f, "seed", "three")),
    ("run.json", lambda f: field(f, "design_values", None)),
    ("run.json", lambda f: field(f, "design_values", {})),
    ("run.json", lambda f: field(f, "runtime", "../../etc")),
    ("run.json", lambda f: field(f, "run_id", "another")),
    ("run.json", lambda f: field(f, "design", "naive")),
    ("run.json", lambda f: field(f, "title", "another")),
    ("run.json", lambda f: field(f, "runtime", "process")),
    ("verdict.json", lambda f: told(f, exit_code=1)),
    ("verdict.json", lambda f: told(f, verdict="splendid")),
    ("verdict.json:1:1", lambda f: text(f, "verdict.json", "rubbish")),
    ("verdict.json", lambda f: text(f, "verdict.json", '{"verdict": 1}')),
    ("experiment.yaml", lambda f: gone(f, "experiment.yaml")),
    ("experiment.yaml:1", lambda f: text(f, "experiment.yaml", "[")),
]


@pytest.mark.parametrize("case", range(len(DAMAGE)))
def test_what_does_not_add_up_is_named_and_not_judged(folder: Path, case: int) -> None:
    """From evidence that was changed no verdict follows, and no traceback either."""
    where, damage = DAMAGE[case]
    damage(folder)
    with pytest.raises(ConfigError) as caught:
        recheck(folder, WORDS)
    assert caught.value.problems[0].where.startswith(f"{folder}/{where}")


COMPARED = [
    *(row for row in DAMAGE if not row[0].startswith("experiment.yaml")),
    ("verdict.json", lambda f: told(f, verdict="fail", exit_code=1)),
    ("verdict.json", lambda f: told(f, seed=4)),
    ("verdict.json", lambda f: told(f, design="naive")),
    ("verdict.json", lambda f: part(f, "invariants", verdict="invalid")),
    ("verdict.json", lambda f: part(f, "invariants", verdict="unknown")),
    ("verdict.json", lambda f: part(f, "faults", proven=False)),
    ("verdict.json", lambda f: part(f, "hypothesis", probes=[{"name": "p", "met": False}])),
    ("verdict.json", lambda f: lines(f, lambda all_: all_[:-1])),
]


@pytest.mark.parametrize("case", range(len(COMPARED)))
def test_a_result_that_does_not_add_up_is_not_compared(folder: Path, case: int) -> None:
    """`diff` and baselines take what a run left; a pass that somebody wrote there is none."""
    where, damage = COMPARED[case]
    damage(folder)
    with pytest.raises(ConfigError) as caught:
        load_side(folder.parent, str(folder))
    assert caught.value.problems[0].where.startswith(f"{folder}/{where.partition(':')[0]}")


def test_what_somebody_else_did_at_a_stand_in_is_no_finding(folder: Path) -> None:
    """Two payouts of a loan that nobody asked for: nothing is known, and why is said."""
    events = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    payout = next(one for one in events if one["f"] == "payout")
    value = {**payout["v"], "amount_minor": 1, "request_id": "x"}
    forged = {**payout, "k": "loan-forged", "v": value}
    for event in (forged, forged):
        events.insert(-1, {**event, "i": len(events) - 1})
    kept = [json.dumps(one) + "\n" for one in events[:-1]]
    sha = hashlib.sha256("".join(kept).encode()).hexdigest()
    end = {**events[-1], "i": len(kept), "v": {"count": len(kept), "sha256": sha}}
    (folder / "history.jsonl").write_text("".join(kept) + json.dumps(end))
    result = recheck(folder, WORDS)
    assert result.verdict is RunVerdict.INCONCLUSIVE
    assert "no operation asked for payout of loan-forged at payment_a" in str(result.reasons)
    assert {one.validity for one in result.verdicts} == {Validity.VALID}


def test_a_run_that_died_midway_is_judged_and_said_to_have_died(folder: Path) -> None:
    """Its end is torn, its verdict was never written: what there is is judged."""
    raw = (folder / "history.jsonl").read_bytes()
    (folder / "history.jsonl").write_bytes(raw[: len(raw) // 2])
    (folder / "verdict.json").unlink()
    result = recheck(folder, WORDS)
    assert result.verdict is not RunVerdict.PASS
    assert "the history is cut off" in str(result.reasons)


@pytest.mark.parametrize("verdict", ["error", "interrupted", "inconclusive"])
def test_what_only_the_run_knew_makes_no_pass(folder: Path, verdict: str) -> None:
    """An interrupted run has a history that looks whole."""
    said = json.dumps({"verdict": verdict, "reasons": ["because"]})
    (folder / "verdict.json").write_text(said)
    result = recheck(folder, WORDS)
    assert result.verdict is RunVerdict.INCONCLUSIVE
    assert f"the run itself ended as {verdict}: because" in result.reasons


@pytest.mark.parametrize("name", ["..", ".", "", "../x", "/etc", "a/b", "a\x00b", "x" * 300])
def test_a_run_folder_is_below_its_root(tmp_path: Path, name: str) -> None:
    """`...yaml` is an experiment called `..`."""
    root = tmp_path / "runs"
    made = new_folder(root, name).path
    assert made.resolve().parent.parent == root.resolve()
    assert list(tmp_path.iterdir()) == [root]


def test_no_run_is_written_or_read_through_a_link(tmp_path: Path, recorded: Path) -> None:
    """In a folder that others share, a link could lead anywhere."""
    root, other = tmp_path / "runs", tmp_path / "other"
    root.mkdir()
    shutil.copytree(recorded, other / "now")
    (root / "x01").symlink_to(other)
    with pytest.raises(Exception, match="no run is written through a link"):
        new_folder(root, "x01")
    assert len(list(other.iterdir())) == 1
    with pytest.raises(ConfigError, match="no run"):
        find_run(root, "x01/now")


def test_the_latest_run_is_the_youngest_of_all(tmp_path: Path) -> None:
    """Not that of the experiment whose name comes last."""
    for name, stamp in (("b", "2026-01-01"), ("a", "2026-01-02")):
        folder = tmp_path / name / stamp
        folder.mkdir(parents=True)
        (folder / "run.json").write_text("{}")
        (tmp_path / name / "latest").symlink_to(stamp)
    assert find_run(tmp_path, "latest").name == "2026-01-02"
