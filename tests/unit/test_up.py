"""`harness up` on places where nothing can stand: refused before anything is started."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli.up import down_command, up_command
from harness.errors import ConfigError, RuntimeFailure
from harness.standing import Standing, alone, standing

RECORD = {
    "run_id": "up-2026-01-31T12-30-00.123Z-7",
    "runtime": "process",
    "design": "hardened",
    "entry": "a->b",
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine")
    return tmp_path


@pytest.mark.parametrize(
    ("runtime", "why"),
    [("sim", "nothing of it can stand"), ("dokcer", "did you mean 'docker'")],
)
def test_a_runtime_on_which_nothing_stands_is_refused(runtime: str, why: str) -> None:
    """The reason, and where it would work."""
    with pytest.raises(ConfigError, match=rf"--runtime: .*{why}.*docker"):
        up_command(runtime, None)


def test_down_with_nothing_up_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """It is what was asked for: exit 0."""
    assert down_command() == 0
    assert capsys.readouterr().out == "nothing is up\n"


def test_two_at_a_time_do_not_get_in_each_others_way() -> None:
    """The second is told who is at work."""
    with alone(), pytest.raises(RuntimeFailure, match="another harness up or down"), alone():
        pass
    with alone():
        pass


def test_what_was_ended_before_it_began_leaves_nothing_to_end(cache: Path) -> None:
    """A record without a recovery state: dropped, not stumbled over."""
    folder = cache / "up/2026-01-31T12-30-00.123Z"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({**RECORD, "runtime": "docker", "design": "naive"}))
    assert [one.record["design"] for one in standing()] == ["naive"]
    assert Standing(folder, {"runtime": "docker"}).alive() == []
    assert down_command() == 0
    assert not folder.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"run_id": "X01-2026-01-31T12-30-00.123Z-7"},
        {"run_id": "up-2026-01-31T12-30-00.123Z-7/../../x"},
        {"run_id": None},
        {"entry": 7},
        {"design": None},
        {"target": 3},
        {"target": {"source": []}},
    ],
)
def test_a_record_that_up_never_wrote_counts_as_none(
    change: dict[str, object], cache: Path
) -> None:
    """Else `down` would end a run by the name in it, or stumble over what is not there."""
    folder = cache / "up/2026-01-31T12-30-00.123Z"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({**RECORD, **change}))
    (one,) = standing()
    assert (one.run_id, one.record) == ("up-2026-01-31T12-30-00.123Z", {})


def test_down_needs_no_lease(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What stands is ended where a file took the folder's place; nothing is brought up there."""
    (cache / "up").touch()
    assert down_command() == 0
    assert "going on without it" in capsys.readouterr().err
    with pytest.raises(RuntimeFailure, match="can be written to"):
        up_command("process", None)
