"""Who owns a run: alive, stopped or gone; and what is refused because of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import prepare
from harness.clock import monotonic_ns
from harness.errors import LeftOvers
from harness.undo.leases import OWNER, Lease, active_runs, enlist, forget, holder


def test_a_holder_that_runs_is_alive_and_one_that_let_go_is_gone(tmp_path: Path) -> None:
    """The lock decides; it cannot outlive its process."""
    lease = Lease(tmp_path / OWNER, lasts_s=60)
    assert holder(tmp_path / OWNER).state == "alive"
    lease.release()
    assert holder(tmp_path / OWNER).state == "gone"


def test_a_holder_without_heartbeat_is_stopped_not_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop that slept must not be taken for a crash."""
    lease = Lease(tmp_path / OWNER, lasts_s=60)
    now_ns = monotonic_ns()
    monkeypatch.setattr("harness.undo.leases.monotonic_ns", lambda: now_ns + int(4e9))
    assert holder(tmp_path / OWNER).state == "stopped"
    lease.beat()
    assert holder(tmp_path / OWNER).state == "alive"
    lease.release()


def test_a_lease_is_held_once(tmp_path: Path) -> None:
    """Two watchdogs of one run would heal against each other."""
    lease = Lease(tmp_path / OWNER, lasts_s=60)
    with pytest.raises(OSError, match="unavailable"):
        Lease(tmp_path / OWNER, lasts_s=60)
    lease.release()


def test_left_overs_are_named_with_the_command_that_clears_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dead run blocks the next until it is cleared; a living one does not."""
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    active = tmp_path / "active"
    monkeypatch.setattr(prepare, "active_dir", lambda: active)
    lease = Lease(run_dir / OWNER, lasts_s=60)
    enlist(active, "r1", run_dir)
    prepare.refuse_left_overs()
    lease.release()
    with pytest.raises(LeftOvers, match=r"r1 .*is gone.*harness faults clear"):
        prepare.refuse_left_overs()
    forget(active, "r1")
    prepare.refuse_left_overs()


def test_a_run_whose_folder_was_deleted_is_dropped_from_the_list(tmp_path: Path) -> None:
    """A link to nothing blocks nobody."""
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    enlist(tmp_path / "active", "r1", run_dir)
    run_dir.rmdir()
    assert active_runs(tmp_path / "active") == []
