"""Loads modules that the engine does not import: by dotted name, or a file by its path.

A file gets a name of its own below FILES, so that it never takes the place of an installed module,
whatever it is called; `from . import x` finds what lies beside it. A folder's `__init__.py` is not
run.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.errors import ConfigError, Problem
from harness.ownership import foreign, shared

SHIPPED = "chaos"  # the package with the words that come along
DEFAULT_TARGET = f"{SHIPPED}.targets.reference"
ENTRY_POINTS = "chaos_harness.words"  # modules and packages of words of installed packages
FILES = "harness_files"
TARGET_FILE = "target.yaml"


def is_file(ref: str) -> bool:
    """Whether a reference is a path, not a dotted name."""
    return ref.endswith(".py") or is_document(ref) or "/" in ref


def is_document(ref: str) -> bool:
    """Whether a reference is a YAML file, not a module."""
    return ref.endswith((".yaml", ".yml"))


def target_here() -> str:
    """The target file of the working folder or of the nearest one above, up to the root of its
    repository; "" where there is none."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / TARGET_FILE).is_file():
            return str(folder / TARGET_FILE)
        if (folder / ".git").exists():
            return ""
    return ""


def absolute(ref: str) -> str:
    """The same reference, true in every folder."""
    return str(Path(ref).resolve()) if is_file(ref) else ref


def load(ref: str) -> ModuleType:
    """A module by its dotted name, or by the path of its file.

    Raises:
        ConfigError: there is none, it cannot be imported (with the line that failed), or a third
            user owns it, or may write to it or beside it.
    """
    if is_file(ref) and (why := foreign(Path(ref)) or shared(Path(ref).resolve().parent)):
        raise ConfigError(Problem(f"not run: {why}", ref))
    try:
        return _load_file(Path(ref).resolve()) if is_file(ref) else importlib.import_module(ref)
    except (Exception, SystemExit) as error:
        raise ConfigError(_problem(ref, error)) from error


def constant(ref: str, name: str) -> Any:
    """What a module defines under a name.

    Raises:
        ConfigError: no such module, or it defines no such name.
    """
    module = load(ref)
    if not hasattr(module, name):
        raise ConfigError(Problem(f"defines no {name}", ref, f"a module with a {name}"))
    return getattr(module, name)


def search_beside(ref: str) -> None:
    """What lies beside a file can be imported by its own name too, after all that is installed."""
    folder = str(Path(ref).resolve().parent)
    if is_file(ref) and folder not in sys.path:
        sys.path.append(folder)


def _load_file(path: Path) -> ModuleType:
    name = f"{_package(path.parent)}.{_escaped(path.stem)}"
    if name in sys.modules:
        return sys.modules[name]
    finders = (getattr(one, "spec_of_file", None) for one in sys.meta_path)
    planted = (find(name, path) for find in finders if find)  # by the self-test: other source
    spec = next(filter(None, planted), None) or importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _package(folder: Path) -> str:
    """The package that stands for a folder; made on first use, with all those above."""
    if folder == folder.parent:
        name = FILES
    else:
        name = f"{_package(folder.parent)}.{_escaped(folder.name)}"
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    return name


def _escaped(name: str) -> str:
    return name.replace(".", "%2e")


def _problem(ref: str, error: BaseException) -> Problem:
    """Why a module could not be loaded, with the last line of the trace that is not ours."""
    cause = f"cannot be loaded: {type(error).__name__}: {error}"
    if isinstance(error, SyntaxError) and error.filename:
        return Problem(cause, f"{error.filename}:{error.lineno}:{error.offset}")
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [f for f in frames if f.filename != __file__ and "importlib" not in f.filename]
    where = f"{theirs[-1].filename}:{theirs[-1].lineno}" if theirs else ref
    remedy = ""
    if isinstance(error, ModuleNotFoundError):
        remedy = "the path of a file, an installed module, or PYTHONPATH=FOLDER"
    return Problem(cause, where, remedy=remedy)


def content_hash(files: list[Path]) -> str:
    """sha256 over the content of files, in this order; what they are called does not count."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def file_of(ref: str) -> Path:
    """The file of a module, or of a document."""
    if is_document(ref):
        return Path(ref).resolve()
    return Path(str(load(ref).__file__))


def own_files(ref: str) -> list[Path]:
    """The file of a module and those in its folder that it imports, directly or not."""
    if is_document(ref):
        return [file_of(ref)]
    start, home = file_of(ref), str(load(ref).__package__)
    found: dict[Path, None] = {}
    waiting = [start]
    while waiting:
        file = waiting.pop()
        if file not in found and file.is_file():
            found[file] = None
            waiting += _imported(file, start.parent, home)
    return [start, *sorted(found.keys() - {start})]


def _imported(file: Path, folder: Path, home: str) -> Iterator[Path]:
    """Files in a folder that a file may import; `home` is the folder's own dotted name."""
    above = file.relative_to(folder).parent.parts
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _candidates(folder, alias.name.removeprefix(f"{home}.").split("."))
        elif isinstance(node, ast.ImportFrom):
            base = (node.module or "").removeprefix(home).strip(".").split(".")
            parts = [*above[: len(above) - node.level + 1], *base] if node.level else base
            for alias in node.names:
                yield from _candidates(folder, [*filter(None, parts), alias.name])


def _candidates(folder: Path, parts: list[str]) -> Iterator[Path]:
    for length in range(1, len(parts) + 1):
        path = folder.joinpath(*parts[:length])
        yield from (path.with_suffix(".py"), path / "__init__.py")
