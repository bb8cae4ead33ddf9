"""The experiments of a drill on real PostgreSQL: a good design keeps its promises, a bad one does
not."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.model import RunVerdict
from harness.prepare import RunRequest, prepare
from harness.rng import Seed
from harness.session import run

pytestmark = [pytest.mark.process, pytest.mark.nightly]
LOST = "acknowledged_is_kept"
OLD = "acknowledged_is_readable"
BARE = "no_unexplained_failure"


@pytest.mark.parametrize(
    ("experiment", "broken"),
    [
        ("X42", LOST), ("X43", LOST), ("X44", LOST), ("X45", BARE), ("X46", LOST),
        ("X47", "acknowledged_in_time"), ("X74", BARE), ("X76", OLD),
    ],
)  # fmt: skip
@pytest.mark.parametrize("topology", ["two-regions", "two-regions-from-b"])
def test_a_bad_design_is_told_from_a_good_one(
    experiment: str, broken: str, topology: str, tmp_path: Path
) -> None:
    """By what borrowers were promised, in both directions."""
    seen = {}
    for design in ("hardened", "naive"):
        order = RunRequest(
            experiment, design, "process", Seed(1), tmp_path, topology=topology
        )  # fmt: skip
        result = run(prepare(order), lambda _: None)
        bad = {one.checker for one in result.verdicts if one.validity.value == "invalid"}
        seen[design] = (result.verdict, broken in bad)
    assert seen == {"hardened": (RunVerdict.PASS, False), "naive": (RunVerdict.FAIL, True)}
