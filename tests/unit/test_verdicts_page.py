"""The table of docs/verdicts.md: each kind of wrong verdict has a test that is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAD = "| kind of wrong verdict | guarded by |"
NAMED = re.compile(r"`([\w./{},-]*)(?:::(\w+))?`")


def rows() -> list[tuple[str, str]]:
    """Kind and guards, of each row."""
    page = (ROOT / "docs/verdicts.md").read_text(encoding="utf-8")
    table = page.partition(HEAD)[2].partition("\n\n")[0].splitlines()[2:]
    return [(kind, guards) for _, kind, guards, _ in (row.split(" | ") for row in _padded(table))]


def _padded(table: list[str]) -> Iterator[str]:
    for line in table:
        yield f"  | {line.removeprefix('| ').removesuffix(' |')} |  "


def named(guards: str) -> Iterator[tuple[Path, str]]:
    """Each file that is named, and the test in it ("" for the whole file)."""
    last = ""
    for name, test in NAMED.findall(guards):
        if name.endswith((".py", ".yaml")):
            last = name
        elif name or not test:
            continue
        for path in _spread(last):
            found = [*ROOT.glob(path), *ROOT.glob(f"tests/**/{path}")]
            yield (found[0] if found else ROOT / path), test


def _spread(path: str) -> list[str]:
    """`cases/{a,b}.yaml` as two; a file without a folder lies beside the tests."""
    if "{" in path:
        head, names, tail = re.split(r"[{}]", path)
        return [f"{head}{name}{tail}" for name in names.split(",")]
    folder = "" if "/" in path or path.endswith(".py") else "tests/cases/"
    return [folder + path]


def test_the_table_is_read() -> None:
    """A page whose table has moved would guard nothing."""
    assert len(rows()) > 20


@pytest.mark.parametrize(("kind", "guards"), rows(), ids=range(len(rows())))
def test_each_kind_names_a_test_that_is_there(kind: str, guards: str) -> None:
    """A test that was renamed or removed leaves the kind unguarded, and the page untrue."""
    found = list(named(guards))
    assert found, kind
    for path, test in found:
        assert path.is_file(), (kind, str(path))
        if test:
            text = path.read_text(encoding="utf-8")
            assert re.search(rf"^def {test}\(", text, re.MULTILINE), (kind, path.name, test)
