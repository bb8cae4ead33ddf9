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

from harness.plugins import FILES


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
    """Finds one module, before anybody else does: by its name, and by its file, since a service of
    somebody's own is loaded so."""

    def __init__(self, module: str, file: Path, text: str) -> None:
        self._module = module
        self._file = file
        self._text = text

    def spec_of_file(self, name: str, file: Path) -> ModuleSpec | None:
        """The spec of what `harness.plugins` loads by its path, or None for every other file."""
        if file != self._file.resolve():
            return None
        return spec_from_file_location(name, file, loader=_Source(file, self._text))

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's spec, or None for every other one."""
        if fullname == self._module:
            loader = _Source(self._file, self._text)
            return spec_from_file_location(fullname, self._file, loader=loader)
        if fullname.rpartition(".")[2] != self._file.stem:
            return None
        folders = [Path(one).resolve() for one in (sys.path if path is None else path)]
        home = self._file.resolve().parent
        return self.spec_of_file(fullname, home / self._file.name) if home in folders else None


@contextmanager
def planted(package: str, module: str, file: Path, text: str) -> Iterator[None]:
    """For as long as the context lasts, `module` is loaded from `text`.

    The package is loaded anew within, and again after it.
    """
    finder = _Finder(module, file, text)
    folder = file.resolve().parent
    forget(package, folder)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        forget(package, folder)


def forget(package: str, folder: Path) -> None:
    """Whoever imports the package next, or loads a file of the folder, loads it anew."""
    for name, module in list(sys.modules.items()):
        own = name == package or name.startswith(f"{package}.")
        file = getattr(module, "__file__", None) if name.startswith(f"{FILES}.") else None
        if own or (file and folder in Path(file).parents):
            del sys.modules[name]
