"""Loads one module from other source than its file holds; nothing is written to the disk."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType


class _Source(SourceLoader):
    """Gives a text for a file; never reads or writes byte code."""

    def __init__(self, file: Path, text: str) -> None:
        self._file = str(file)
        self._text = text

    def get_filename(self, fullname: str) -> str:
        """The file that the text stands for."""
        return self._file

    def get_data(self, path: str | bytes) -> bytes:
        """The text; there is no byte code."""
        if path != self._file:
            raise OSError(f"{path!r}: only {self._file} is here")
        return self._text.encode()


class _Finder(MetaPathFinder):
    """Finds one module, before anybody else does."""

    def __init__(self, module: str, file: Path, text: str) -> None:
        self._module = module
        self._file = file
        self._text = text

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's spec, or None for every other one."""
        if fullname != self._module:
            return None
        loader = _Source(self._file, self._text)
        return spec_from_file_location(fullname, self._file, loader=loader)


@contextmanager
def planted(package: str, module: str, file: Path, text: str) -> Iterator[None]:
    """For as long as the context lasts, `module` is loaded from `text`.

    The package is loaded anew within, and again after it.
    """
    finder = _Finder(module, file, text)
    forget(package)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        forget(package)


def forget(package: str) -> None:
    """Whoever imports the package next loads it anew."""
    for name in [one for one in sys.modules if one == package or one.startswith(f"{package}.")]:
        del sys.modules[name]
