"""What the programs of a run import does not depend on the working folder."""

from __future__ import annotations

from pathlib import Path

from tests.hostile import fill, harness


def test_services_watchdog_and_load_do_not_import_from_the_working_folder(tmp_path: Path) -> None:
    """A lender has a chaos/ or an aiohttp.py of his own; the run is the same one."""
    fill(tmp_path)
    run = harness(tmp_path, "run", "X01", "--runtime", "process", "--seed", "1")
    assert (run.returncode, "PASS" in run.stdout) == (0, True), run.stdout + run.stderr
