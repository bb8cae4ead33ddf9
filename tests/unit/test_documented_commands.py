"""Every command that the documentation shows is one that there is, with options that it takes.

Experiments that it shows are run by `tests/sim/test_examples.py`.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer.main

from harness.cli.examples import EXAMPLES
from harness.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
BLOCK = re.compile(r"^(?: {4,}|\$ )(harness .+)$", re.MULTILINE)
INLINE = re.compile(r"`(harness [a-z][^`]*)`")
MODULE = re.compile(r"python -m ((?:bench|harness|chaos|tests)[\w.]*)")
NO_WORD = re.compile(r"\s{2,}.*|\s#.*| \|.*")  # what stands behind a command: its explanation


def commands() -> Iterator[object]:
    """Each command with the name of its page."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in sorted({*BLOCK.findall(text), *INLINE.findall(text.replace("\n", " "))}):
            yield pytest.param(NO_WORD.sub("", found), id=f"{page.name}: {found[:60]}")


def parsed(words: list[str]) -> list[str]:
    """The names of the command; its options are checked, nothing is carried out.

    Raises:
        ClickException: there is no such command or option, or it does not take that value.
    """
    command: Any = typer.main.get_command(app)
    names: list[str] = []
    context = command.make_context("harness", [], resilient_parsing=True)
    while hasattr(command, "resolve_command") and words and not words[0].startswith("-"):
        name, command, words = command.resolve_command(context, words)
        assert command is not None, f"no such command: {name}"
        names.append(name)
        context = command.make_context(name, [], parent=context, resilient_parsing=True)
    if words:
        command.make_context(names[-1], words, parent=context.parent)
    return names


@pytest.mark.parametrize("line", list(commands()))
def test_a_documented_command_is_taken(line: str) -> None:
    """What a reader types after the page is no usage error."""
    assert parsed(shlex.split(line)[1:])


def verbs() -> Iterator[tuple[str, Any]]:
    """Every verb with its command, those of groups by both names."""
    root: Any = typer.main.get_command(app)
    for name, command in root.commands.items():
        inner = getattr(command, "commands", None)
        yield from (
            ((f"{name} {one}", it) for one, it in inner.items()) if inner else [(name, command)]
        )


def test_the_help_of_every_verb_ends_with_examples_that_are_taken() -> None:
    """Whoever asks how sees how; an example that is wrong would be worse than none."""
    assert set(EXAMPLES) == {name for name, _ in verbs()}
    for name, command in verbs():
        for line in EXAMPLES[name]:
            assert line in command.epilog
            assert " ".join(parsed(shlex.split(line)[1:])) == name


SILENT = {"demo", "drill verify", "parts", "up", "down", "faults clear", "images build", "worker",
          "init target", "init experiment", "init design"}  # fmt: skip


def test_every_verb_that_prints_a_result_prints_it_as_json_too() -> None:
    """A script has no use for a table; the others do something and say how it goes."""
    options = {
        name: {option for param in command.params for option in param.opts}
        for name, command in verbs()
    }
    with_output = {name for name, known in options.items() if "--output" in known}
    assert with_output == set(options) - SILENT


def test_a_shell_completes_verbs() -> None:
    """As bash asks for it, once `harness --install-completion` was given."""
    asked = {"_HARNESS_COMPLETE": "complete_bash", "COMP_WORDS": "harness expl", "COMP_CWORD": "1"}
    code = "import sys; sys.argv[0] = 'harness'; from harness.cli.main import main; main()"
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, env={**os.environ, **asked}, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["explain", "explore"], done.stderr


def test_an_option_that_there_is_not_is_noticed() -> None:
    """Else the test above would pass whatever the pages say."""
    with pytest.raises(Exception, match=r"[Nn]o such option"):
        parsed(["run", "X01", "--no-such-option"])
    with pytest.raises(AssertionError, match="no such command"):
        parsed(["nonsense"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_documented_module_is_there(page: Path) -> None:
    """`python -m bench.x` of a page that outlived its module measures nothing."""
    named = MODULE.findall(page.read_text(encoding="utf-8"))
    assert [name for name in named if find_spec(name.rstrip(".")) is None] == []
