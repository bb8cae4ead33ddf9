"""A drill: what it measures, what it leaves, and whether that is still whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.cli import drill as verb
from harness.drill import evidence, pack
from harness.drill.measurements import measurements, spread
from harness.errors import ConfigError
from harness.prepare import RunRequest
from harness.registry import load_vocabulary
from harness.rng import Seed
from harness.store import RunFolder

PROMISE = {"id": "app-1", "to": "consumer/7", "at_s": 9.1, "reply": {"http_status": 202}}


def a_run(**more: Any) -> dict[str, Any]:
    """The result of a run in which the primary was lost at 8 s and two promises with it."""
    outage = {"fell_s": 10.0, "first_good_s": 3.5, "sustained_s": None, "degraded_s": 4.0}
    recovery = {
        "fault_s": 8.0, "first_failure_s": 10.0, "detected_s": None, "recovery_time_s": 6.0,
        "objective_s": 5.0, "degraded_objective_s": 3.0, "outage": outage,
    }  # fmt: skip
    figures = {"recovery": recovery, "loss": {"lost": 2, "objective": 0, "promises": [PROMISE]}}
    faults = [{"evidence": {"changes_lost": 216}}]
    return {"experiment": "X42", "figures": figures, "faults": faults, **more}


def test_what_was_asked_for_stands_beside_what_was_measured() -> None:
    """Also what never happened, which is not the same as no time at all."""
    rows = {row["what"]: row for row in measurements(a_run())}
    recovery = rows["recovery after the undo"]
    assert [recovery[key] for key in ("target", "measured", "margin", "met")] == [5, 6, -1, False]
    assert rows["from the fault to the first failure"]["measured"] == 2.0
    assert rows["until good service that lasts"]["measured"] is None
    assert rows["acknowledged and lost"]["promises"] == [PROMISE]
    assert not rows["acknowledged and lost"]["met"]
    assert rows["commits that went with an old primary"]["measured"] == 216
    worse = rows["worse than on a good day"]
    assert [worse[key] for key in ("target", "measured", "margin", "met")] == [3, 4, -1, False]


def test_where_nothing_failed_no_outage_was_too_long() -> None:
    """A target that nothing could miss is not said to be missed."""
    run = a_run()
    run["figures"]["recovery"]["outage"] = {}
    rows = {row["what"]: row for row in measurements(run)}
    assert rows["worse than on a good day"]["met"] is None
    assert rows["recovery after the undo"]["met"] is False


def test_the_spread_leaves_out_what_did_not_happen() -> None:
    """A run without an outage has no length of one."""
    calm = a_run(figures={"recovery": {}, "loss": {}}, faults=[])
    told = {row["what"]: row for row in spread([*measurements(a_run()), *measurements(calm)])}
    row = told["until the first good answer of all that failed"]
    assert [row[key] for key in ("runs", "least", "greatest")] == [1, 3.5, 3.5]
    assert told["until good service that lasts"]["runs"] == 0


def test_evidence_that_was_touched_is_seen(tmp_path: Path) -> None:
    """A file that changed, that is gone, that came later; each by its name."""
    folder = RunFolder(tmp_path)
    for name in (*evidence.ALWAYS, "gone.txt", "kept.txt"):
        folder.write(name, name)
    evidence.seal(folder)
    assert evidence.differences(tmp_path) == []
    folder.write("plan.json", "another")
    folder.write("more.txt", "")
    (tmp_path / "gone.txt").unlink()
    (tmp_path / "latest").symlink_to("a-run")
    (tmp_path / "link.json").symlink_to("plan.json")
    found = evidence.differences(tmp_path)
    assert found == [
        "missing: gone.txt", "added: more.txt", "added: link.json, a link", "changed: plan.json",
    ]  # fmt: skip
    assert verb.verify_command(tmp_path) == 1


@pytest.mark.parametrize(
    "manifest", [None, "", "[]", '{"files": 3}', '{"algorithm": "sha256", "files": {}}']
)
def test_a_folder_that_no_drill_left_is_refused(tmp_path: Path, manifest: str | None) -> None:
    """With exit code 2: it says nothing about any drill."""
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(ConfigError, match="no evidence of a drill"):
        evidence.differences(tmp_path)


def test_a_manifest_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    """A folder from elsewhere may have one that never ends."""
    (tmp_path / "manifest.json").symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match="not followed here"):
        evidence.differences(tmp_path)


def test_each_direction_has_its_topology_and_no_other_one_is_guessed() -> None:
    """The pack is what is tagged; what is at home differs."""
    words, order = load_vocabulary(), RunRequest("", "hardened", "sim", Seed(1), Path("runs"))
    assert pack.topology_of(words.target, "ab") == "two-regions"
    prepared = pack.drill_of(words, order, "ba")
    ids = "X42 X43 X44 X45 X46 X47 X71 X74 X76"
    assert [one.experiment.id for one in prepared] == ids.split()
    assert {one.words.target.services[-1].name for one in prepared} == {"database_a"}
    with pytest.raises(ConfigError, match=r"no drill of reference goes 'ac'.*allowed: ab, ba"):
        pack.drill_of(words, order, "ac")
