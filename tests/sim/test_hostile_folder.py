"""What is imported does not depend on the working folder."""

from __future__ import annotations

from pathlib import Path

from tests.hostile import fill, harness


def test_a_run_does_not_import_from_the_working_folder(tmp_path: Path) -> None:
    """A lender has a chaos/ or a tests/ of his own; the run is the same one."""
    fill(tmp_path)
    run = harness(tmp_path, "run", "X01", "--runtime", "sim", "--seed", "1")
    assert (run.returncode, "PASS" in run.stdout) == (0, True), run.stdout + run.stderr


def test_the_processes_of_a_search_do_not_either(tmp_path: Path) -> None:
    """Each begins with an interpreter of its own."""
    fill(tmp_path)
    argv = ("explore", "--design", "naive", "--faults", "1", "--no-swarm", "--workers", "2")
    search = harness(tmp_path, *argv)
    assert (search.returncode, "BREAKS" in search.stdout) == (1, True), search.stderr
