"""The wheel holds all that the command needs: installed elsewhere, it works by itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("harness", "chaos", "mock_services", "lending_service", "compose")
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


def call(command: list[str | Path], cwd: Path, env: dict[str, str] | None = None) -> str:
    """What a command prints; its whole output where it fails."""
    done = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project: a build writes into its tree."""
    tree = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", tree)
    shutil.copy(ROOT / "constraints.txt", tree)
    for name in PACKAGES:
        unwanted = shutil.ignore_patterns("__pycache__", "wheels", "schemas")  # made by the set-up
        shutil.copytree(ROOT / name, tree / name, symlinks=True, ignore=unwanted)
    return tree


@pytest.fixture(scope="module")
def site(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel of that copy installs."""
    made = tmp_path_factory.mktemp("site")
    call([sys.executable, "-W", "ignore", "-c", BUILD, made], tree)
    (wheel,) = made.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(made)
    return made


def harness(site: Path, cwd: Path, *words: str) -> str:
    """Run the command that the wheel installs, in somebody's own folder."""
    script = "import sys; from harness.cli.main import main; sys.argv[0] = 'harness'; main()"
    env = {**os.environ, "PYTHONPATH": str(site), "HARNESS_CACHE": str(cwd / "cache")}
    return call([sys.executable, "-P", "-c", script, *words], cwd, env)


def test_a_wheel_holds_every_file_that_is_no_module(tree: Path, site: Path) -> None:
    """Designs, experiments, defects, templates, the service's contract, images, types."""
    for name in PACKAGES:
        wanted = {p.relative_to(tree) for p in (tree / name).rglob("*") if p.is_file()}
        assert {one for one in wanted if not (site / one).is_file()} == set()
    assert (site / "compose/constraints.txt").read_text() == (ROOT / "constraints.txt").read_text()


def test_the_command_of_a_wheel_runs_an_experiment(site: Path, tmp_path: Path) -> None:
    """From a folder of one's own: the version, the list, a run on sim with its whole report."""
    where = "import harness, chaos, lending_service as s; print(harness.__path__[0], s.__file__)"
    env = {**os.environ, "PYTHONPATH": str(site)}
    found = call([sys.executable, "-P", "-c", where], tmp_path, env).split()
    assert all(Path(one).is_relative_to(site) for one in found)
    assert harness(site, tmp_path, "--version").startswith("harness 0.")
    told = harness(site, tmp_path, "run", "X01", "--runtime", "sim", "--output", "json")
    result = json.loads(told)
    assert result["verdict"] == "pass"
    assert (tmp_path / result["run_dir"] / "report.html").is_file()


def test_images_of_a_wheel_are_those_of_the_checkout(
    tree: Path, site: Path, tmp_path: Path
) -> None:
    """Their names are hashes of all that goes in, so nothing of it is missing."""
    ask = "from harness.runtimes.docker import images as i; print(i.expected(), i.expected_load())"
    env = {**os.environ, "PYTHONPATH": str(site)}
    ours = {**os.environ, "PYTHONPATH": str(tree)}
    command: list[str | Path] = [sys.executable, "-P", "-c", ask]
    assert call(command, tmp_path, env) == call(command, tmp_path, ours)
