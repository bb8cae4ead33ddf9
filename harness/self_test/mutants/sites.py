"""Every mutant of a package: where, what it changes, and its source.

A mutant is named by what it changes, not by its line: a list of reviewed ones stays true while the
file around them moves.
"""

from __future__ import annotations

import difflib
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from harness.errors import ConfigError, Problem
from harness.self_test.mutants.operators import mistakes

ID_DIGITS = 8


@dataclass(frozen=True)
class Mutant:
    """One mistake at one place.

    Args:
        id: digits of a hash over module, function, operator, what stood there and what stands now.
        module: dotted name.
        function: qualified name of the function or class around it; "" at the top of the module.
        line: first and last line of what is changed.
        number: which of all mistakes of the module it is.
    """

    id: str
    module: str
    function: str
    line: int
    last_line: int
    operator: str
    was: str
    now: str
    number: int


def package_files(package: str) -> dict[str, Path]:
    """Dotted name -> file of each module of a package; nothing is imported but its parents.

    Raises:
        ConfigError: there is no such package.
    """
    try:
        spec = find_spec(package)
    except ImportError:
        spec = None
    if spec is None or spec.origin is None:
        raise ConfigError(Problem("no such package", package, "a package or module that imports"))
    if spec.submodule_search_locations is None:
        return {package: Path(spec.origin)}
    root = Path(spec.origin).parent
    files = sorted(path for path in root.rglob("*.py") if path.name != "__init__.py")
    return {f"{package}.{'.'.join(p.relative_to(root).with_suffix('').parts)}": p for p in files}


def mutants_of(module: str, file: Path) -> list[Mutant]:
    """Every mutant of a module, in the order of its source."""
    return [mutant for mutant, _, _ in _table(module, file)]


def source_of(mutant: Mutant, file: Path) -> str:
    """The module's source with the mistake."""
    return source_with([mutant], file)


def source_with(mutants: Sequence[Mutant], file: Path) -> str:
    """A module's source with several mistakes, none of them within another."""
    places = [_table(one.module, file)[one.number] for one in mutants]
    changed = _tree(file).module.visit(_Replacing({node: new for _, node, new in places}))
    assert isinstance(changed, cst.Module)
    return changed.code


class _Replacing(cst.CSTTransformer):
    """Puts other nodes in the place of some; nodes are told apart by identity."""

    def __init__(self, instead: Mapping[cst.CSTNode, cst.CSTNode]) -> None:
        super().__init__()
        self._instead = instead

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        """The node that is to stand here."""
        return self._instead.get(original_node, updated_node)


def diff_of(mutant: Mutant, file: Path) -> str:
    """What it changes, as a unified diff."""
    before = file.read_text(encoding="utf-8").splitlines(keepends=True)
    after = source_of(mutant, file).splitlines(keepends=True)
    name = "/".join(mutant.module.split(".")) + ".py"
    return "".join(difflib.unified_diff(before, after, name, name, n=2))


@lru_cache(maxsize=64)
def _tree(file: Path) -> MetadataWrapper:
    return MetadataWrapper(cst.parse_module(file.read_text(encoding="utf-8")))


@lru_cache(maxsize=64)
def _table(module: str, file: Path) -> list[tuple[Mutant, cst.CSTNode, cst.CSTNode]]:
    wrapper = _tree(file)
    finder = _Finder()
    wrapper.visit(finder)
    code = wrapper.module.code_for_node
    seen: Counter[tuple[str, ...]] = Counter()
    table: list[tuple[Mutant, cst.CSTNode, cst.CSTNode]] = []
    for node, function, line, last_line, operator, instead in finder.found:
        key = (module, function, operator, code(node).strip(), code(instead).strip())
        seen[key] += 1
        digest = hashlib.sha256("\0".join((*key, str(seen[key]))).encode()).hexdigest()
        mutant = Mutant(
            digest[:ID_DIGITS], module, function, line, last_line, operator, *key[3:], len(table)
        )
        table.append((mutant, node, instead))
    return table


class _Finder(cst.CSTVisitor):
    """Collects mistakes, with the function and the lines of each."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[cst.CSTNode, str, int, int, str, cst.CSTNode]] = []
        self._around: list[str] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Look at a node, and below it unless nobody acts on what is there."""
        if isinstance(node, _SILENT) or _is_words(node):
            return False
        for operator, instead in mistakes(node):
            place = self.get_metadata(PositionProvider, node)
            first, last = _lines(node, place.start.line, place.end.line)
            function = ".".join(self._around)
            self.found.append((node, function, first, last, operator, instead))
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._around.append(node.name.value)
            node.body.visit(self)
            if isinstance(node, cst.FunctionDef):
                node.params.visit(self)
            self._around.pop()
            return False
        return True


_SILENT = (
    cst.Annotation,
    cst.FormattedString,
    cst.Import,
    cst.ImportFrom,
    cst.Decorator,
    cst.Assert,
)


def _is_words(node: cst.CSTNode) -> bool:
    """Docstrings, and types in the place of values."""
    if isinstance(node, cst.Expr):
        return isinstance(node.value, cst.SimpleString | cst.ConcatenatedString)
    if isinstance(node, cst.Subscript):
        return isinstance(node.value, cst.Name) and node.value.value == "Literal"
    return (
        isinstance(node, cst.Call)
        and isinstance(node.func, cst.Name)
        and (node.func.value in ("TypeVar", "cast"))
    )


def _lines(node: cst.CSTNode, first: int, last: int) -> tuple[int, int]:
    """The lines that run when the node does: of a block or a branch, its beginning."""
    heads = (cst.If, cst.While, cst.ExceptHandler, cst.IndentedBlock)
    return (first, first) if isinstance(node, heads) else (first, last)


def every_mutant(files: dict[str, Path]) -> Iterator[Mutant]:
    """Every mutant of these modules."""
    for module, file in files.items():
        yield from mutants_of(module, file)
