"""The folder that a run leaves: runs/<experiment>/<utc>/ and a `latest` link."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.clock import utc_stamp
from harness.errors import ConfigError, Problem, RuntimeFailure
from harness.model import RunResult
from harness.ownership import foreign
from harness.text import path_part, quoted, utf8

HISTORY = "history.jsonl"
FAULTS = "faults.jsonl"
RUN = "run.json"
VERDICT = "verdict.json"
REPORT = "report.html"
EXPERIMENT = "experiment.yaml"


@dataclass(frozen=True)
class RunFolder:
    """One run's folder.

    Args:
        path: runs/<experiment>/<utc>/.
    """

    path: Path

    @property
    def run_id(self) -> str:
        """Unique on this machine: experiment, instant and process."""
        return f"{self.path.parent.name}-{self.path.name}-{os.getpid()}"

    def write(self, name: str, text: str) -> None:
        """Write a file as a whole: another reader sees the old one or the new one."""
        part = self.path / f".{name}.part"
        part.write_text(utf8(text), encoding="utf-8")
        part.replace(self.path / name)

    def write_json(self, name: str, data: Mapping[str, object]) -> None:
        """Write a JSON document."""
        self.write(name, json.dumps(data, indent=2, default=str) + "\n")


def new_folder(root: Path, experiment: str) -> RunFolder:
    """Make a run's folder and point `latest` at it.

    Args:
        experiment: its name, of which a safe one is made.

    Raises:
        ConfigError: `root` is something else.
        RuntimeFailure: it cannot be made, a link would lead it out of `root`, or a third user
            owns it or may write to it.
    """
    if root.exists() and not root.is_dir():
        raise ConfigError(Problem(f"{root} is no folder", "--runs", "a folder, made if need be"))
    if why := foreign(root / path_part(experiment)):
        raise RuntimeFailure(f"run folder: {why}")
    parent = root / path_part(experiment)
    path = parent / utc_stamp()
    try:
        parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        if parent.is_symlink() or parent.resolve().parent != root.resolve():
            raise RuntimeFailure(
                f"{parent} is a link to {parent.resolve()}: no run is written through a link; "
                "remove it, or give another folder with --runs"
            )
        path.mkdir(mode=0o755)
        if why := foreign(path):  # made by him since the look before
            raise RuntimeFailure(f"run folder: {why}")
        _point(parent / "latest", path.name)
    except OSError as error:
        raise RuntimeFailure(f"cannot make the run folder {path}: {error.strerror}") from error
    return RunFolder(path)


def _point(link: Path, name: str) -> None:
    part = link.with_name(f".{link.name}-{os.getpid()}")
    part.unlink(missing_ok=True)
    part.symlink_to(name)
    part.replace(link)


def find_run(root: Path, given: str) -> Path:
    """A run's folder, given as a path, `latest`, or an experiment's name or id: its latest run.

    Raises:
        ConfigError: there is none.
    """
    if _is_run(Path(given)):
        return Path(given).resolve()
    for path in (root / given, root / given / "latest"):
        if _is_run(path) and path.resolve().is_relative_to(root.resolve()):
            return path.resolve()  # a link out of the folder is nobody's run
    runs = run_folders(root)
    if given == "latest" and runs:
        return runs[-1]
    if of_id := [path for path in runs if _id(path) == given.upper()]:
        return of_id[-1]
    known = sorted({path.parent.name for path in runs})
    raise ConfigError(
        Problem(
            f"no run {quoted(given)} under {root}/",
            allowed=", ".join(["latest", *known]) + ", or the path of a run folder",
            remedy="harness run X01",
        )
    )


def run_folders(root: Path) -> list[Path]:
    """Every run below a folder, the oldest first; links lead to none.

    Raises:
        FileNotFoundError: it is relative, and the working folder was removed.
    """
    found = (path.parent for path in root.resolve().glob("*/*/" + RUN))
    ours = [path for path in found if not path.is_symlink() and not path.parent.is_symlink()]
    return [path.resolve() for path in sorted(ours, key=lambda path: path.name)]


def _id(path: Path) -> str:
    """`X01` of a run below `x01_payment_reply_lost/`."""
    return path.parent.name.partition("_")[0].upper()


def _is_run(path: Path) -> bool:
    """Also false for a name that no file can have."""
    try:
        return (path / RUN).is_file()
    except (OSError, ValueError):
        return False


def result_document(result: RunResult) -> dict[str, object]:
    """The one JSON document of a run: what `--output json` prints and verdict.json holds."""
    return {
        "experiment": result.experiment,
        "title": result.title,
        "design": result.design,
        "runtime": result.runtime,
        "seed": result.seed,
        "verdict": result.verdict.value,
        "exit_code": result.exit_code,
        "reasons": list(result.reasons),
        "run_dir": result.run_dir,
        "duration_s": result.duration_s,
        "hypothesis": [asdict(one) for one in result.hypothesis],
        "invariants": [
            {
                "id": "/".join(one.ids),
                "name": one.checker,
                "claim": one.claim,
                "verdict": one.validity.value,
                "examined": one.examined,
                "first_bad": one.first_bad,
                "details": dict(one.details),
                "why": one.why,
            }
            for one in result.verdicts
        ],
        "thresholds": [dict(one) for one in result.thresholds],
        "faults": [asdict(one) for one in result.faults],
        "load": dict(result.load),
        "figures": dict(result.figures),
        "repeat": result.repeat,
    }
