"""The folder that a drill leaves, and a manifest by which anybody sees whether it is whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.errors import ConfigError, Problem
from harness.json_types import JsonObject
from harness.safe_files import read_bytes
from harness.store import RunFolder

MANIFEST = "manifest.json"
SUMMARY = "summary.json"
LATEST = "latest"
ALGORITHM = "sha256"
ALWAYS = ("plan.json", SUMMARY, "verdicts.json")
MANIFEST_BYTES = 16 << 20  # chosen: a hundred bytes a file


def seal(folder: RunFolder) -> None:
    """Write the manifest: the hash of every file that the folder holds."""
    hashes = {name: _sha256(path) for name, path in files(folder.path)}
    folder.write_json(MANIFEST, {"algorithm": ALGORITHM, "files": hashes})


def differences(folder: Path) -> list[str]:
    """What is not as it was when the drill ended; empty when the folder is whole.

    Raises:
        ConfigError: it is no folder of a drill, or its manifest cannot be read.
    """
    try:
        known = _known(json.loads(read_bytes(folder / MANIFEST, MANIFEST_BYTES, follow=False)))
    except (ConfigError, ValueError, KeyError, TypeError, RecursionError) as error:
        why = error.problems[0].cause if isinstance(error, ConfigError) else error
        cause = f"no evidence of a drill: {MANIFEST}: {why}"
        raise ConfigError(Problem(cause, str(folder), "a folder that harness drill made")) from None
    there = {name: file for name, file in files(folder) if name != MANIFEST}
    return [
        *(f"missing: {name}" for name in sorted(known.keys() - there.keys())),
        *(f"added: {name}" for name in sorted(there.keys() - known.keys())),
        *(f"added: {name}, a link" for name in _links(folder)),
        *(
            f"changed: {name}"
            for name in sorted(known.keys() & there.keys())
            if _sha256(there[name]) != known[name]
        ),
    ]


def _known(manifest: JsonObject) -> Mapping[str, str]:
    """The hashes of a manifest.

    Raises:
        ValueError: they are not what a drill writes: an empty list would agree with anything.
    """
    known = manifest["files"]
    if not isinstance(known, Mapping) or manifest["algorithm"] != ALGORITHM:
        raise ValueError(f"it lists no files by {ALGORITHM}")
    if lacking := [name for name in ALWAYS if name not in known]:
        raise ValueError(f"it does not list {', '.join(lacking)}")
    return known


def _links(folder: Path) -> list[str]:
    """Links that no drill makes: of ours each leads to a run beside it."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_symlink())
    return [
        str(path.relative_to(folder))
        for path in found
        if path.name != LATEST or Path(path.readlink()).name != str(path.readlink())
    ]


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file below, by its name from there; links are nobody's evidence."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        linked = any((folder / one).is_symlink() for one in (inside, *inside.parents))
        if path.is_file() and not linked:
            yield str(inside), path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
