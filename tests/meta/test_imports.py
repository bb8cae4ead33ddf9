"""Who may import whom: the contracts of pyproject.toml hold, and each would catch a breach."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The smallest tree in which every contract has something to look at.
SKELETON = (
    "harness/__init__.py",
    "harness/load/__init__.py",
    "harness/load/locustfile.py",
    "harness/load/own_users.py",
    "harness/runtimes/__init__.py",
    "harness/runtimes/process.py",
    "harness/runtimes/docker/__init__.py",
    "harness/runtimes/sim/__init__.py",
    "harness/runtimes/entries.py",
    "harness/runtimes/scripting.py",
    "harness/runtimes/toxics.py",
    "harness/runtimes/real/__init__.py",
    "harness/runtimes/real/toxiproxy.py",
    "harness/runner.py",
    "chaos/__init__.py",
    "chaos/faults/__init__.py",
    "chaos/faults/down.py",
    "chaos/defects/__init__.py",
    "mock_services/__init__.py",
    "lending_service/__init__.py",
)
LAYERS = "Inside the engine, above imports below"
BREACHES = [
    ("lending_service/app.py", "harness.clock", "never import one another"),
    ("mock_services/risk.py", "lending_service", "never import one another"),
    ("harness/registry.py", "chaos.faults.down", "Nobody imports the vocabulary"),
    ("chaos/faults/down.py", "harness.runner", "only the engine's words"),
    ("chaos/faults/down.py", "mock_services", "only the engine's words"),
    ("harness/model.py", "harness.runner", LAYERS),
    ("harness/runner.py", "harness.runtimes.process", LAYERS),
    ("harness/unplaced.py", "harness.errors", LAYERS),
    ("harness/runtimes/process.py", "harness.runner", "A runtime and the load"),
    ("harness/runtimes/process.py", "harness.load.locustfile", "A runtime and the load"),
    ("harness/runtimes/process.py", "harness.runtimes.docker", "Runtimes do not know one another"),
    ("harness/runtimes/real/wiring.py", "harness.runtimes.sim", "shared by runtimes knows none"),
    ("chaos/faults/down.py", "chaos.defects", "Planted defects are loaded by the self-test"),
    ("harness/runner.py", "locust", "Locust lives in its own process"),
    ("harness/runtimes/process.py", "docker", "One place knows Docker"),
    ("harness/runtimes/process.py", "toxiproxy", "One file knows Toxiproxy"),
]


def lint(tree: Path) -> tuple[int, str]:
    """Exit code and output of import-linter in a tree."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=tree,
        env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


def plant(tree: Path, file: str, line: str = "") -> None:
    """A module with one import in it."""
    (tree / file).parent.mkdir(parents=True, exist_ok=True)
    (tree / file).write_text(line)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A sound tree of empty modules under the real contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = config["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["name"] == LAYERS)
    demanded = [name.strip() for layer in layers for name in layer.split("|") if "(" not in name]
    for file in (*SKELETON, *(f"harness/{name}.py" for name in demanded)):
        plant(tmp_path, file)
    return tmp_path


def test_nobody_imports_what_they_may_not() -> None:
    """Every contract of the architecture holds in this tree."""
    code, output = lint(ROOT)
    assert code == 0, output


def test_a_tree_that_uses_what_it_may_is_sound(tree: Path) -> None:
    """The contracts allow what the architecture allows."""
    plant(tree, "harness/load/locustfile.py", "import locust\nimport harness.ports\n")
    plant(tree, "harness/runtimes/real/toxiproxy.py", "import toxiproxy\n")
    plant(tree, "harness/runtimes/docker/up.py", "import docker\n")
    plant(tree, "harness/runtimes/docker/__init__.py", "import harness.runtimes.docker.up\n")
    plant(tree, "harness/runtimes/process.py", "import harness.runtimes.real.toxiproxy\n")
    plant(tree, "chaos/faults/down.py", "import harness.ports, harness.model\n")
    plant(tree, "harness/ports.py", "import harness.clock\n")
    code, output = lint(tree)
    assert code == 0, output


@pytest.mark.parametrize(("file", "imported", "contract"), BREACHES)
def test_a_breach_is_caught(tree: Path, file: str, imported: str, contract: str) -> None:
    """One forbidden import breaks the contract that is about it."""
    plant(tree, file, f"import {imported}\n")
    code, output = lint(tree)
    broken = [line for line in output.splitlines() if "BROKEN" in line]
    assert code == 1, output
    assert any(contract in line for line in broken), output
