"""What the programs of a run import does not depend on the working folder."""

from __future__ import annotations

from pathlib import Path

from bench.kills import FIRST, SECOND, TEMPLATE
from tests.hostile import fill, harness


def test_services_watchdog_and_load_do_not_import_from_the_working_folder(tmp_path: Path) -> None:
    """A lender has a chaos/ or an aiohttp.py of his own; the run is the same one."""
    fill(tmp_path)
    document = tmp_path / "short.yaml"
    short = TEMPLATE.format(first=FIRST[0], second=SECOND[1])
    document.write_text(short.replace("recovery: 2s", "recovery: 6s"))
    run = harness(tmp_path, "run", str(document), "--runtime", "process", "--seed", "1")
    assert (run.returncode, "PASS" in run.stdout) == (0, True), run.stdout + run.stderr
