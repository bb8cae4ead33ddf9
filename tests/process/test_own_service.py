"""Somebody else's service, by one file: the planted double payout is found on real parts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = Path(sys.executable).with_name("harness")
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "mylender"


def test_a_lender_that_pays_twice_is_found_and_its_secret_is_nowhere(tmp_path: Path) -> None:
    """It imports nothing of ours; what it takes from the environment stays out of every file."""
    lender = tmp_path / "mylender"
    lender.mkdir()
    for file in EXAMPLE.iterdir():
        text = file.read_text()
        if file.name == "target.yaml":
            text = text.replace(
                'ONE_KEY: "{design', 'TOKEN: "${LENDER_TOKEN}"\n      ONE_KEY: "{design'
            )
        (lender / file.name).write_text(text)
    secret = "of-the-lender-alone"  # noqa: S105 - protects nothing
    env = {**os.environ, "LENDER_TOKEN": secret, "PATH": f"{HARNESS.parent}:{os.environ['PATH']}"}
    run = subprocess.run(
        [HARNESS, "run", "reply_lost.yaml", "--runtime", "process", "--seed", "1"],
        cwd=lender,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    (folder,) = (lender / "runs" / "reply_lost").glob("20*")
    verdict = json.loads((folder / "verdict.json").read_text())
    broken = [one["name"] for one in verdict["invariants"] if one["verdict"] == "invalid"]
    assert broken == ["paid_once"]
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert [path for path in kept if secret.encode() in path.read_bytes()] == []


@pytest.mark.nightly
@pytest.mark.skipif(shutil.which("node") is None, reason="needs node on PATH")
@pytest.mark.parametrize(("design", "code"), [([], 1), (["--design", "mended.yaml"], 0)])
def test_a_lender_in_node_pays_twice_until_it_is_mended(
    tmp_path: Path, design: list[str], code: int
) -> None:
    """Another language, no database: the same file, the same finding."""
    folder = shutil.copytree(EXAMPLE.with_name("nodelender"), tmp_path / "nodelender")
    words = ["run", "reply_lost.yaml", "--runtime", "process", "--seed", "1", *design]
    argv = [str(HARNESS), *words]
    run = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False, timeout=170)
    assert run.returncode == code, run.stdout + run.stderr
