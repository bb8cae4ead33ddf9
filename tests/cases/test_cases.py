"""Small documents with the verdict that is right: `expected.yaml` says which exit codes are.

On `sim` always; on real parts where they are: `pytest tests/cases -m process`. Exit 2 means that
`validate` refuses the document too, every problem with its line and column.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ruamel.yaml import YAML

from harness.cli.validate import validate_command
from harness.errors import ConfigError, HarnessError
from harness.prepare import RunRequest, prepare
from harness.rng import Seed
from harness.runtimes.docker.engine import connect
from harness.runtimes.docker.images import expected, missing
from harness.session import run
from harness.toolchain import Missing, find_postgres, find_toxiproxy

HERE = Path(__file__).parent
SEED = 1
REFUSED = 2
WITH_PLACE = re.compile(r"\.yaml:\d+:\d+: ")


class Case(NamedTuple):
    """One row of the table on one runtime."""

    document: str
    design: str
    runtime: str
    exits: list[int]
    because: str


def cases() -> list[Any]:
    """Every row on each of its runtimes, marked as the tier it needs."""
    table = YAML(typ="safe").load(HERE / "expected.yaml")
    found = [
        Case(document, row["design"], runtime, row["exit"], row["because"])
        for document, rows in table.items()
        for row in rows
        for runtime in row["runtimes"]
    ]
    return [pytest.param(case, marks=_marks(case), id=_name(case)) for case in found]


def _name(case: Case) -> str:
    return f"{Path(case.document).stem}-{case.design}-{case.runtime}"


def _marks(case: Case) -> list[Any]:
    return [getattr(pytest.mark, case.runtime)]


def test_the_table_names_every_document_and_nothing_else() -> None:
    """A document without a row would never be run."""
    table = YAML(typ="safe").load(HERE / "expected.yaml")
    documents = {path.name for path in HERE.glob("*.yaml")} - {"expected.yaml"}
    assert set(table) == documents


@pytest.mark.parametrize("case", cases())
def test_a_document_ends_in_the_verdict_that_is_right(case: Case, tmp_path: Path) -> None:
    """A wrong verdict on so small a document would be a wrong verdict on a large one."""
    skip_without_parts(case.runtime)
    code, reasons = exit_of(case, tmp_path)
    assert code in case.exits, f"right: {case.because}; got {code}: {reasons}"
    if code == REFUSED:
        refused_by_validate(case)


def exit_of(case: Case, runs: Path) -> tuple[int, tuple[str, ...]]:
    """The exit code of a run and what was said."""
    order = RunRequest(str(HERE / case.document), case.design, case.runtime, Seed(SEED), runs)
    try:
        result = run(prepare(order), lambda text: None)
    except HarnessError as error:
        return error.exit_code, (str(error),)
    return result.exit_code, result.reasons


def refused_by_validate(case: Case) -> None:
    """Nothing has to be started to learn it, and each problem says where."""
    with pytest.raises(ConfigError) as refused:
        validate_command(str(HERE / case.document), case.design)
    assert refused.value.problems
    for problem in refused.value.problems:
        assert WITH_PLACE.search(str(problem)), problem


def skip_without_parts(runtime: str) -> None:
    """Real parts are not made for a case."""
    if runtime == "process":
        for part in (find_toxiproxy(), find_postgres()):
            if isinstance(part, Missing):
                pytest.skip(f"no {part.name} here; run: harness parts")
    if runtime == "docker":
        try:
            client = connect()
        except HarnessError as why:
            pytest.skip(str(why))
        try:
            absent = missing(client, expected())
        finally:
            client.close()
        if absent:
            pytest.skip(f"no image {', '.join(absent)}; run: harness images build")
