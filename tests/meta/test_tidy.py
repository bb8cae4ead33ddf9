"""Style as a failing test: sizes, docstrings on tests, and who may read a clock or throw dice."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple, TypeGuard

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("harness", "chaos", "mock_services", "lending_service", "tests", "bench")
LEAVES = ("chaos/faults/*", "chaos/invariants/*", "chaos/journeys/*")
FUNCTION_LINES_MAX = 70
LEAF_LINES_MAX = 110
MODULE_LINES_MAX = 300
COLUMNS_MAX = 100

# Where real time and global dice are the point. Tests of real programs wait in real time.
REAL_TIME = (
    "harness/clock.py",
    "harness/rng.py",
    "harness/faultlog*",
    "harness/undo/*",
    "harness/private*",
    "harness/watchdog*",
    "harness/load/alarm.py",
    "harness/load/borrowers.py",
    "harness/load/locustfile.py",
    "harness/runtimes/*",
    "mock_services/clock*.py",
    "lending_service/clock*.py",
    "*/serve.py",
    "tests/conftest.py",
    "tests/process/*",
    "tests/docker/*",
    "bench/*",
)
CLOCK = "use the clock that is handed in"
DICE = "use the dice that are handed in"
REPEATABLE = "use TaskGroup or gather: the order of its answers is not fixed"
BANNED = {
    "time": CLOCK,
    "datetime.now": CLOCK,
    "datetime.utcnow": CLOCK,
    "asyncio.sleep": CLOCK,
    "random": DICE,  # `random.Random(seed)` aside
    "uuid.uuid1": DICE,
    "uuid.uuid4": DICE,
    "asyncio.wait": REPEATABLE,
    "asyncio.as_completed": REPEATABLE,
}
IGNORE_WITHOUT_REASON = re.compile(r"#\s*(type:\s*ignore(\[[\w, -]+\])?|noqa(:\s*[\w, ]+)?)\s*$")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
Complaint = tuple[int, str]


class Module(NamedTuple):
    """One file: its path below the root, its text, its tree."""

    path: str
    text: str
    tree: ast.Module


def matches(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether a path is one of those (`*` also crosses folders)."""
    return any(fnmatch(path, pattern) for pattern in patterns)


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function, nested ones too."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def long_functions(module: Module) -> Iterator[Complaint]:
    """Functions that are too long, their docstring not counted."""
    for node in functions(module):
        doc = ast.get_docstring(node, clean=False)
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        lines -= doc.count("\n") + 1 if doc else 0
        if lines > FUNCTION_LINES_MAX:
            yield node.lineno, f"{node.name} has {lines} lines, use {FUNCTION_LINES_MAX} at most"


def long_module(module: Module) -> Iterator[Complaint]:
    """A module that holds more than one thing; tests may list as many cases as they need."""
    leaf = matches(module.path, LEAVES)
    most = LEAF_LINES_MAX if leaf else MODULE_LINES_MAX
    lines = len(module.text.splitlines())
    if lines > most and not module.path.startswith("tests/"):
        kind = "leaf" if leaf else "module"
        yield lines, f"a {kind} of {lines} lines, use {most} at most: what second thing lives here?"


def long_lines(module: Module) -> Iterator[Complaint]:
    """Lines that do not fit beside another file."""
    for number, line in enumerate(module.text.splitlines(), 1):
        if len(line) > COLUMNS_MAX:
            yield number, f"{len(line)} columns, use {COLUMNS_MAX} at most"


def silent_tests(module: Module) -> Iterator[Complaint]:
    """Tests that do not say what they are for."""
    for node in functions(module) if module.path.startswith("tests/") else ():
        if node.name.startswith("test_") and not ast.get_docstring(node):
            yield node.lineno, f"{node.name} has no docstring, use one line: what a user would miss"


def clocks_and_dice(module: Module) -> Iterator[Complaint]:
    """Uses of real time, global dice and unordered waits outside of the modules for them."""
    if matches(module.path, REAL_TIME):
        return
    turns = {id(node.func) for node in ast.walk(module.tree) if _is_a_turn(node)}
    for node in ast.walk(module.tree):
        for name in _names_used(node) if id(node) not in turns else ():
            if advice := BANNED.get(name) or BANNED.get(name.partition(".")[0]):
                yield getattr(node, "lineno", 1), f"{name}, {advice}"


def _names_used(node: ast.AST) -> Iterator[str]:
    """Dotted names; `random.Random` is a type and, with a seed, dice of one's own."""
    if isinstance(node, ast.ImportFrom):
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        if (name := f"{node.value.id}.{node.attr}") != "random.Random":
            yield name
    elif isinstance(node, ast.Call) and ast.unparse(node) == "random.Random()":
        yield "random.Random"


def _is_a_turn(node: ast.AST) -> TypeGuard[ast.Call]:
    """Giving way to other tasks, for no time at all."""
    return isinstance(node, ast.Call) and ast.unparse(node) == "asyncio.sleep(0)"


def comments_in_debt(module: Module) -> Iterator[Complaint]:
    """Ignores without a reason, and notes that something is not done."""
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type != tokenize.COMMENT:
            continue
        if IGNORE_WITHOUT_REASON.search(token.string):
            yield token.start[0], "an ignore without its reason, use `# noqa: CODE - why`"
        if UNFINISHED.search(token.string):
            yield token.start[0], "a note of unfinished work, use an issue or finish it"


RULES: tuple[Callable[[Module], Iterator[Complaint]], ...] = (
    long_functions,
    long_module,
    long_lines,
    silent_tests,
    clocks_and_dice,
    comments_in_debt,
)


def complaints(path: str, text: str) -> list[str]:
    """All that the rules say about one file, as `path:line: what, use what`."""
    module = Module(path, text, ast.parse(text))
    return [f"{path}:{line}: {what}" for rule in RULES for line, what in rule(module)]


def test_the_tree_is_tidy() -> None:
    """Every Python file of the project keeps every rule."""
    found = [
        complaint
        for folder in FOLDERS
        for file in sorted((ROOT / folder).rglob("*.py"))
        for complaint in complaints(str(file.relative_to(ROOT)), file.read_text())
    ]
    assert not found, "\n" + "\n".join(found)


LONG = "x = 1\n"
UNTIDY = [
    ("harness/a.py", "def f():\n" + "    x = 1\n" * 70, "1: f has 71 lines"),
    ("chaos/faults/a.py", LONG * 111, "111: a leaf of 111 lines"),
    ("harness/a.py", LONG * 301, "301: a module of 301 lines"),
    ("harness/a.py", "x = 1  # " + "y" * 92, "1: 101 columns"),
    ("tests/unit/test_a.py", "def test_a():\n    assert x", "1: test_a has no docstring"),
    ("harness/a.py", "import time\nx = time.monotonic()", "2: time.monotonic, use the clock"),
    ("harness/a.py", "from time import sleep", "1: time.sleep, use the clock"),
    ("harness/a.py", "await asyncio.sleep(1)", "1: asyncio.sleep, use the clock"),
    ("harness/a.py", "datetime.now()", "1: datetime.now, use the clock"),
    ("chaos/a.py", "random.choice([1])", "1: random.choice, use the dice"),
    ("chaos/a.py", "random.Random()", "1: random.Random, use the dice"),
    ("chaos/a.py", "uuid.uuid4()", "1: uuid.uuid4, use the dice"),
    ("harness/a.py", "await asyncio.wait([x])", "1: asyncio.wait, use TaskGroup"),
    ("harness/a.py", "x = 1  # noqa: E501", "1: an ignore without its reason"),
    ("harness/a.py", "x = 1  # type: ignore[attr-defined]", "1: an ignore without its reason"),
    ("harness/a.py", "x = 1  # TO" + "DO later", "1: a note of unfinished work"),
]


@pytest.mark.parametrize(("path", "text", "complaint"), UNTIDY)
def test_an_untidy_place_is_named(path: str, text: str, complaint: str) -> None:
    """Each rule catches what it is about, and says where and what to use."""
    (found,) = complaints(path, text)
    assert found.startswith(f"{path}:{complaint}")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("harness/a.py", 'def f():\n    """' + "long\n" * 80 + '"""'),
        ("chaos/faults/a.py", LONG * 110),
        ("tests/unit/test_a.py", LONG * 400),
        ("harness/clock.py", "import time\nx = time.monotonic()"),
        ("harness/runtimes/process/up.py", "time.sleep(1)"),
        ("mock_services/dice.py", "dice: random.Random = random.Random(7)\ndice.random()"),
        ("harness/a.py", "await asyncio.sleep(0)"),
        ("harness/a.py", "asyncio.wait_for(x, 1)\nclock.sleep(1)\nspan.time.start"),
        ("harness/a.py", "x = 1  # noqa: E501 - a table reads better in one line"),
        ("harness/a.py", 'x = "# noqa"'),
    ],
)
def test_what_is_allowed_is_left_alone(path: str, text: str) -> None:
    """The rules do not cry wolf."""
    assert complaints(path, text) == []
