"""A runbook says how long each step may take and what is done instead; else it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.registry import load_vocabulary
from harness.response.runbook import load_runbook

WORDS = load_vocabulary()
HEAD = 'title: t\nstarts: {ok-ratio: "< 0.5"}\nsteps:\n'


def _file(folder: Path, *steps: str) -> Path:
    path = folder / "runbook.yaml"
    path.write_text(HEAD + "".join(f"  - {{{step}}}\n" for step in steps))
    return path


@pytest.mark.parametrize("name", sorted(WORDS.runbooks))
def test_a_shipped_runbook_is_whole(name: str) -> None:
    """Against the reference."""
    assert load_runbook(WORDS.runbooks[name], WORDS.target).steps


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("name: a, page: first, otherwise: stop", "4:5: steps.0.timeout is missing"),
        ("name: a, page: first, timeout: 2s", "4:5: steps.0.otherwise is missing"),
        ("name: a, page: first, timeout: 0s, otherwise: stop", "greater than 0"),
        ("name: a, timeout: 2s, otherwise: stop", "one thing: page, decide, mend or verify"),
        ("name: a, page: x, mend: database, timeout: 2s, otherwise: stop", "page and mend"),
        ("name: a, page: x, timeout: 2s, otherwise: b", "no later step 'b'"),
        ("name: a, page: x, timeout: 2s, then: a, otherwise: stop", "no later step 'a'"),
        ("name: a, mend: databse, timeout: 2s, otherwise: stop", "did you mean 'database'"),
    ],
)
def test_a_step_that_could_hang_or_lead_nowhere_is_refused(
    tmp_path: Path, step: str, said: str
) -> None:
    """With file, line and column, and the remedy."""
    with pytest.raises(ConfigError) as refused:
        load_runbook(_file(tmp_path, step), WORDS.target)
    (problem,) = refused.value.problems
    assert "runbook.yaml:4:" in problem.where
    assert said in f"{problem.where.removeprefix(str(tmp_path / 'runbook.yaml') + ':')}: {problem}"
