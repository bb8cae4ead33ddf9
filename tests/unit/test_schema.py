"""Published schemas are true of what is read and written."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.cli.schema import SCHEMAS, Verdict
from harness.model import RunResult, RunVerdict, Validity
from harness.model import Verdict as Found
from harness.store import result_document


@pytest.mark.parametrize("name", list(SCHEMAS))
def test_every_document_has_a_schema(name: str) -> None:
    """One JSON document, which says which draft it is."""
    done = CliRunner().invoke(app, ["schema", name])
    told = json.loads(done.stdout)
    assert (done.exit_code, told["$schema"][:23]) == (0, "https://json-schema.org")


def test_the_schema_of_a_verdict_is_that_of_what_is_written(tmp_path: Path) -> None:
    """No key more, none fewer: a new one has to be published."""
    one = Found("paid_once", Validity.INVALID, "once", 3, {"t_s": 1.0}, ids=("M1",))
    result = RunResult("X01", "t", "naive", "sim", 1, RunVerdict.FAIL, 1, ("why",), str(tmp_path),
                       "harness run X01", verdicts=(one,))  # fmt: skip
    document = json.loads(json.dumps(result_document(result)))
    assert set(document) == set(Verdict.__struct_fields__)
    assert msgspec.convert(document, Verdict).invariants[0].verdict == "invalid"


def test_an_unknown_schema_is_refused_with_those_that_there_are() -> None:
    """With the nearest one."""
    done = CliRunner().invoke(app, ["schema", "verdicts"])
    assert done.exception is not None
    assert "did you mean 'verdict'?" in str(done.exception)
