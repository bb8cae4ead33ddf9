"""Records that several processes append, whatever became of the file."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from harness.private import RESERVE, hold_reserve, locked
from harness.undo.faultlog import FaultLog
from harness.undo.journal import Journal


def test_lines_that_are_no_records_are_skipped_and_told(tmp_path: Path) -> None:
    """One bad line must not keep the others from being healed."""
    path = tmp_path / "faults.jsonl"
    path.write_bytes(b'{"id": 1}\nnull\n{"id"\n\xff\xfe\n' + b"[" * 100_000 + b'\n{"id": 2}\n')
    journal = Journal(path)
    assert [record["id"] for record in journal.records()] == [1, 2]
    assert [problem.split(":")[1] for problem in journal.problems] == ["2", "3", "4", "5"]


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        '{"id": "f1"}',
        '{"id": "f1", "state": "injected", "undo": null}',
        '{"id": "f1", "state": "lost"}',
        '{"id": [], "state": "healed"}',
        '{"id": "f1", "state": "injected", "undo": {"capability": "weather"}}',
        '{"id": "f1", "kind": "x", "where": "a", "at_utc": "", "state": "injected", '
        '"expires_ns": 1e999, "undo": {"capability": "link", "where": "a", "restore": {}}}',
    ],
)
def test_a_record_of_no_fault_is_skipped_and_told(tmp_path: Path, line: str) -> None:
    """Whatever somebody wrote there, whoever lists or heals goes on."""
    (tmp_path / "faults.jsonl").write_text(line + "\n")
    log = FaultLog(tmp_path / "faults.jsonl")
    assert log.active() == []
    assert len(log.problems) == 1


def test_a_lost_file_is_answered_from_memory(tmp_path: Path) -> None:
    """A watchdog whose folder was deleted still knows what is active."""
    journal = Journal(tmp_path / "faults.jsonl")
    journal.append({"id": 1})
    assert list(journal.records()) == [{"id": 1}]
    journal.path.unlink()
    assert list(journal.records()) == [{"id": 1}]


def test_what_cannot_be_written_is_kept_and_written_later(tmp_path: Path) -> None:
    """Noting never raises; the record is there as soon as there is a place for it."""
    folder = tmp_path / "run"
    journal = Journal(folder / "faults.jsonl")
    journal.note({"id": 1})
    assert (journal.unwritten, list(journal.records())) == (1, [{"id": 1}])
    folder.mkdir()
    journal.note({"id": 2})
    assert list(Journal(journal.path).records()) == [{"id": 1}, {"id": 2}]


def test_a_full_disk_costs_the_reserve_and_not_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was healed is on the disk: the reserve makes room for it."""
    hold_reserve(tmp_path)
    write = os.write

    def full(fd: int, data: bytes) -> int:
        if (tmp_path / RESERVE).exists():
            raise OSError(28, "No space left on device")
        return write(fd, data)

    monkeypatch.setattr(os, "write", full)
    journal = Journal(tmp_path / "faults.jsonl")
    journal.note({"id": 1})
    assert (journal.unwritten, list(journal.records())) == (0, [{"id": 1}])


def test_a_lock_that_is_held_for_ever_is_gone_without(tmp_path: Path) -> None:
    """By somebody else, or by a harness that is stopped while it holds it."""
    with (tmp_path / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with locked(tmp_path / "lock", within_s=0) as held:
            assert not held
    with locked(tmp_path / "lock") as held:
        assert held
