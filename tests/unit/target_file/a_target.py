"""A target file whose text a test may change before it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.target import load_target


def loader(folder: Path, written: str) -> Callable[..., Any]:
    """Loads the file, with some of its text replaced: (old, new) each, `old` must be there."""

    def load(*changes: tuple[str, str]) -> Any:
        text = written
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = folder / "target.yaml"
        path.write_text(text)
        return load_target(str(path))

    return load
