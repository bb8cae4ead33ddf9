"""pytest plugin: an experiment document is a test item, and a test can run experiments.

    pytest chaos/experiments/ --chaos-runtime=sim     each document of the folder is a test
    chaos_run("X01", design="naive").verdict          in a test of one's own

Documents become items only where the command line names the file or the folder in which they lie
beside no test of Python, or any folder above once an option `--chaos-...` asks for them. Everything
of the engine is imported once a run begins: other test runs pay nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.model import RunResult

OPTIONS = {
    "runtime": "where experiments run, as sim or process; left out, the best that can",
    "design": "which design, a name or a path; hardened when left out",
    "target": "which target, a file or a module; the one of the document when left out",
    "seed": "of every choice; 1 when left out",
    "runs": "folder for what runs leave; runs when left out",
}
DEFAULTS = {"design": "hardened", "seed": "1", "runs": "runs"}
WORDS = ("chaos", "mock_services", "lending_service")
_KEPT: dict[str, ModuleType] = {}  # ours, while tests see packages of their own
WORKER = "PYTEST_XDIST_WORKER"

RunExperiment = Callable[..., "RunResult"]


class Broken(Exception):
    """A run that did not pass.

    Args:
        result: what it found.
    """

    def __init__(self, result: RunResult) -> None:
        super().__init__(result.verdict.value)
        self.result = result


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--chaos-runtime` and the like, and the same as ini options `chaos_runtime`."""
    group = parser.getgroup("chaos", "chaos experiments")
    for name, text in OPTIONS.items():
        group.addoption(f"--chaos-{name}", help=text)
        parser.addini(f"chaos_{name}", text)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "chaos: runs a chaos experiment")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """An experiment document that was asked for."""
    if file_path.suffix not in (".yaml", ".yml") or not _is_asked_for(file_path, parent.config):
        return None
    from harness.suite.selection import DOCUMENT_KEYS

    try:
        text = file_path.read_text("utf-8", "replace")
    except OSError:
        return None
    if not DOCUMENT_KEYS.search(text):
        return None
    return ExperimentFile.from_parent(parent, path=file_path)


def _is_asked_for(path: Path, config: pytest.Config) -> bool:
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return False
    given = [(config.invocation_params.dir / arg).resolve() for arg in config.args]
    if path.resolve() in given:
        return True
    if any(config.getoption(f"--chaos-{name}") for name in OPTIONS):
        return not (path.parent / "run.json").exists()
    return path.parent.resolve() in given and not any(path.parent.glob("*test*.py"))


class ExperimentFile(pytest.File):
    """A file with one experiment."""

    def collect(self) -> Iterator[pytest.Item]:
        """The one item."""
        item = Experiment.from_parent(self, name=self.path.stem)
        item.add_marker("chaos")
        yield item


class Experiment(pytest.Item):
    """One run of a document; anything but PASS is a failure."""

    def runtest(self) -> None:
        """Run it."""
        result = _run(self.config, str(self.path))
        if result.exit_code:
            raise Broken(result)

    def repr_failure(self, excinfo: Any, style: Any = None) -> str:
        """The verdict, as the terminal shows it; other errors as one line."""
        if isinstance(excinfo.value, Broken):
            return verdict_text(excinfo.value.result)
        return f"{type(excinfo.value).__name__}: {excinfo.value}"

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it stands."""
        return self.path, 0, f"experiment {self.name}"


def verdict_text(result: RunResult) -> str:
    """Verdict, reasons, report and how to repeat it."""
    head = f"{result.verdict.value.upper()}  {result.experiment} {result.title}"
    return "\n".join(
        [
            f"{head}, design {result.design}, runtime {result.runtime}",
            *(f"  {reason}" for reason in result.reasons),
            f"report  {result.run_dir}/report.html",
            f"repeat  {result.repeat}",
        ]
    )


@pytest.fixture
def chaos_target(request: pytest.FixtureRequest) -> str:
    """The target that was asked for; "" for the one that each document names."""
    return _option(request.config, "target")


@pytest.fixture
def chaos_run(request: pytest.FixtureRequest, chaos_target: str) -> RunExperiment:
    """Runs an experiment, given as an id, a name or a path, and returns its result.

    Keyword arguments `design`, `runtime`, `seed`, `rate`, `run_time` and `vars` go before what the
    command line and the ini file say.
    """

    def run(experiment: str | Path, **given: Any) -> RunResult:
        return _run(request.config, str(experiment), target=chaos_target, **given)

    return run


def _option(config: pytest.Config, name: str) -> str:
    """The command line before the ini file before the default."""
    given = config.getoption(f"--chaos-{name}") or config.getini(f"chaos_{name}")
    return str(given or DEFAULTS.get(name, ""))


def _run(config: pytest.Config, experiment: str, **given: Any) -> RunResult:
    """One run with a fresh system; each worker of xdist has a folder of its own."""
    from harness.overrides import Overrides
    from harness.prepare import RunRequest, prepare
    from harness.rng import Seed
    from harness.session import run

    wanted = {name: _option(config, name) for name in OPTIONS} | given
    runs = Path(wanted["runs"]) / os.environ.get(WORKER, "")
    over = tuple(f"{name}={value}" for name, value in dict(wanted.get("vars", {})).items())
    request = RunRequest(
        experiment,
        wanted["design"],
        wanted["runtime"],
        Seed(int(wanted["seed"])),
        runs,
        wanted["target"],
        Overrides(wanted.get("rate"), wanted.get("run_time"), over),
    )
    with _our_words():
        return run(prepare(request), lambda text: None)


@contextmanager
def _our_words() -> Iterator[None]:
    """Our packages are found before those of the same names in a folder of the tests, which pytest
    puts first; the tests find theirs again afterwards."""
    site = Path(__file__).parents[1]
    found = find_spec(WORDS[0])
    if found and str(site / WORDS[0]) in (found.submodule_search_locations or ()):
        yield
        return
    theirs = _taken_out()
    sys.modules.update(_KEPT)
    sys.path.insert(0, str(site))
    try:
        yield
    finally:
        sys.path.remove(str(site))
        _KEPT.update(_taken_out())
        sys.modules.update(theirs)


def _taken_out() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] in WORDS]
    return {name: sys.modules.pop(name) for name in names}
