"""What a page shows in a console is what a reader gets who types it, page by page in one folder.

In a block ```console, `$ ` begins a command and what follows is its output; `...` stands for any
text. A block with `title="NAME"` is a file that is there from then on. A command that is to fail is
followed by `$ echo $?`.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
LIMIT_S = 300
SHOWN = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
END = "=== ended with "


@dataclass(frozen=True)
class Shown:
    """A command of a page, and its output as the page has it; "" shows none."""

    command: str
    output: str


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """Language, title and text of each fenced block."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


PAGES = [page for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
         if any(language == "console" for language, _, _ in blocks(page))]  # fmt: skip


def shown(block: str) -> Iterator[Shown]:
    """The commands of a block."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield Shown(command, output)


def script(page: Path) -> Iterator[str]:
    """The page as a script of a shell: its files, and after each command how it ended."""
    for language, title, text in blocks(page):
        if title:
            yield f"mkdir -p \"$(dirname '{title}')\""
            yield f"cat > '{title}' <<'END OF FILE'\n{text}END OF FILE"
        elif language == "console":
            for one in shown(text):
                yield f'{one.command}\nended=$?; echo "{END}$ended"; (exit $ended)'


def typed(page: Path, folder: Path) -> list[tuple[str, int]]:
    """Output and exit code of each command of the page."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "COLUMNS": "100", "NO_COLOR": "1"}
    text = "\n".join(script(page))
    done = subprocess.run(
        ["bash", "-c", text], cwd=folder, env=env, stdin=subprocess.DEVNULL, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    parts = re.split(rf"^{END}(\d+)\n", done.stdout, flags=re.MULTILINE)
    return [(output, int(code)) for output, code in zip(parts[::2], parts[1::2], strict=False)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_can_be_followed_literally(page: Path, tmp_path: Path) -> None:
    """Each command ends well, or as the page says, and prints what the page shows."""
    commands = [one for language, title, text in blocks(page)
                if language == "console" and not title for one in shown(text)]  # fmt: skip
    seen = typed(page, tmp_path)
    assert len(seen) == len(commands)
    after = [*commands[1:], Shown("", "")]
    for (output, code), one, then in zip(seen, commands, after, strict=True):
        assert code == 0 or then.command == "echo $?", f"$ {one.command}\nended {code}:\n{output}"
        as_shown = not one.output or doctest.OutputChecker().check_output(one.output, output, SHOWN)
        assert as_shown, f"$ {one.command}\nthe page shows:\n{one.output}\nit printed:\n{output}"


def test_there_are_pages_to_follow() -> None:
    """The first page of a reader is among them."""
    assert "first-run.md" in [page.name for page in PAGES]
