"""Who owns a run: alive, stopped or gone; and what is refused because of it."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from harness.clock import monotonic_ns
from harness.errors import LeftOvers
from harness.undo.leases import OWNER, WATCHDOG, Lease, active_runs, enlist, forget, holder
from harness.undo.left_overs import refuse_left_overs


def test_a_holder_that_runs_is_alive_and_one_that_let_go_is_gone(tmp_path: Path) -> None:
    """Its process decides, and what it says."""
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
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine")
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    lease = Lease(run_dir / OWNER, lasts_s=60)
    enlist(active, "r1", run_dir)
    refuse_left_overs()
    lease.release()
    with pytest.raises(LeftOvers, match=r"r1 .*is gone.*harness faults clear"):
        refuse_left_overs()
    forget(active, "r1")
    refuse_left_overs()


def test_a_run_that_its_watchdog_still_heals_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever starts the next run right after one was killed is not sent to clear it by hand."""
    run_dir, active, said = tmp_path / "run", tmp_path / "active", list[str]()
    run_dir.mkdir()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine")
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    enlist(active, "r1", run_dir)
    watchdog = Lease(run_dir / WATCHDOG, lasts_s=60)
    with pytest.raises(LeftOvers, match="r1"):
        refuse_left_overs(said.append, within_s=0)
    monkeypatch.setattr("harness.undo.left_overs.time.sleep", lambda _: forget(active, "r1"))
    refuse_left_overs(said.append)
    assert said == ["waiting for the watchdog of r1 to end what it left"]
    watchdog.release()


def test_a_run_whose_folder_was_deleted_stays_on_the_list(tmp_path: Path) -> None:
    """Out of sight is not gone: what it started may live, and is found by its mark."""
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    enlist(tmp_path / "active", "r1", run_dir)
    run_dir.rmdir()
    (run,) = active_runs(tmp_path / "active")
    assert (run.run_id, run.holder.state) == ("r1", "gone")


def test_a_lock_that_somebody_else_holds_says_nothing_of_the_owner(tmp_path: Path) -> None:
    """Neither is a dead owner alive for it, nor can a lease be kept from a new holder."""
    path = tmp_path / OWNER
    Lease(path, lasts_s=60).release()
    with path.open("r+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert holder(path).state == "gone"
        lease = Lease(path, lasts_s=60)
        assert holder(path).state == "alive"
        lease.release()


@pytest.mark.parametrize(
    "said", ["", "{}", "null", "[" * 100_000, '{"pid": "x"}', '{"pid": 1e999}']
)
def test_a_lease_that_cannot_be_read_has_no_holder(tmp_path: Path, said: str) -> None:
    """Cut off, or changed by somebody else: no traceback."""
    (tmp_path / OWNER).write_text(said)
    assert holder(tmp_path / OWNER).state == "gone"


def test_files_and_folders_are_for_nobody_else(tmp_path: Path) -> None:
    """Who cannot open a file cannot hold its lock."""
    Lease(tmp_path / OWNER, lasts_s=60).release()
    enlist(tmp_path / "active", "r1", tmp_path)
    assert (tmp_path / OWNER).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "active").stat().st_mode & 0o777 == 0o700
