"""Our images: their names, made of what is in them, and the making of them.

    base, postgres-base, toxiproxy-binary   parents: made of the distribution's packages, or public
      └──> programs, database, toxiproxy    compose/Dockerfile, one target each
      └──> load                             compose/load/Dockerfile; no run needs it

A tag is the hash of everything that goes into the image: one that is there is the right one, and
a change of a source file asks for another.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from docker.errors import ImageNotFound

import harness
from harness.errors import RuntimeFailure
from harness.runtimes.docker.engine import guarded
from harness.toolchain import rootfs, wheels
from harness.toolchain.toxiproxy import edition, provide_toxiproxy

ROOT = Path(harness.__file__).parents[1]
DOCKERFILE = "compose/Dockerfile"
OURS = "chaos-harness"
VERSION = "0.1.0"  # the tag that compose/compose.yaml takes
MADE = "chaos-harness.image"
# What each parent is called in compose/Dockerfile, and which image people name for it instead.
PARENTS = {
    "base": ("BASE", "HARNESS_BASE_IMAGE"),
    "postgres-base": ("POSTGRES", "HARNESS_POSTGRES_IMAGE"),
    "toxiproxy-binary": ("TOXIPROXY", "HARNESS_TOXIPROXY_IMAGE"),
}
BUILD_S = 900

Say = Callable[[str], None]


@dataclass(frozen=True)
class Content:
    """What goes into images besides their parents.

    Args:
        sources: files and folders of the project, or patterns; the first is the Dockerfile.
        packages: wheels, and those that they need.
    """

    sources: tuple[str, ...]
    packages: tuple[str, ...]


PROGRAMS = Content(
    (DOCKERFILE, "compose/database", "lending_service", "mock_services"), wheels.REQUIREMENTS
)
LOAD = Content(
    (
        "compose/load/Dockerfile",
        *("harness/*.py", "harness/load", "chaos/__init__.py", "chaos/journeys", "chaos/targets"),
    ),
    wheels.LOAD,
)


@dataclass(frozen=True)
class Images:
    """The images of a run, each `name:tag`; the names are the targets of compose/Dockerfile."""

    programs: str
    database: str
    toxiproxy: str


def parents() -> dict[str, str]:
    """The parent images by our name: what the environment names, else our own."""
    tags = {
        "base": rootfs.recipe(rootfs.BASE).tag,
        "postgres-base": rootfs.recipe(rootfs.POSTGRES).tag,
        "toxiproxy-binary": edition(),
    }
    return {
        name: os.environ.get(variable) or f"{OURS}/{name}:{tags[name]}"
        for name, (_, variable) in PARENTS.items()
    }


def expected() -> Images:
    """The images of a run that fit the source code as it is.

    Raises:
        RuntimeFailure: this is an installation without the files that images are made of.
    """
    tag = _tag(PROGRAMS)
    return Images(**{field.name: f"{OURS}/{field.name}:{tag}" for field in fields(Images)})


def expected_load() -> str:
    """The image with Locust's page; as `expected`."""
    return f"{OURS}/load:{_tag(LOAD)}"


def _tag(content: Content) -> str:
    if not (ROOT / DOCKERFILE).is_file():
        raise RuntimeFailure(
            f"{ROOT / DOCKERFILE} is not there: this installation lacks the files of images; "
            "install the wheel anew, or use --runtime process"
        )
    digest = hashlib.sha256()
    for name, parent in sorted(parents().items()):
        digest.update(f"{name}={parent}\n".encode())
    digest.update(wheels.fingerprint(ROOT, content.packages).encode())
    for path in _files(content):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _files(content: Content) -> Iterator[Path]:
    for place in (place for source in content.sources for place in sorted(ROOT.glob(source))):
        found = [place] if place.is_file() else sorted(place.rglob("*"))
        yield from (p for p in found if p.is_file() and "__pycache__" not in p.parts)


def missing(client: object, images: Images) -> list[str]:
    """Which of the images the engine does not have."""
    return [name for name in asdict(images).values() if not has(client, name)]


def has(client: Any, name: str) -> bool:
    """Whether the engine has an image."""

    def look() -> bool:
        try:
            client.images.get(name)
        except ImageNotFound:
            return False
        return True

    return bool(guarded(f"image {name}", look))


def origin() -> str:
    """Where the parents come from, and why."""
    named = [variable for _, variable in PARENTS.values() if os.environ.get(variable)]
    if named:
        return f"public images, named by {', '.join(named)}"
    why = rootfs.refusal()
    ours = "the distribution's own packages; HARNESS_BASE_IMAGE and its like name public images"
    return ours + (f"; cannot be made here: {why}" if why else "")


def table(client: object) -> list[tuple[str, float | None]]:
    """Every image with its parents: name and MiB, None for one that is not there."""
    names = [*parents().values(), *asdict(expected()).values(), expected_load()]
    return [(name, _mib(client, name)) for name in names]


def _mib(client: Any, name: str) -> float | None:
    if not has(client, name):
        return None
    return float(guarded(name, client.images.get, name).attrs["Size"]) / 2**20


def build(client: object, say: Say) -> Images:
    """Make what is missing: parents, then one image for each target.

    Raises:
        RuntimeFailure: a part could not be made; with its last lines.
    """
    images = expected()
    _make(client, PROGRAMS, asdict(images), say)
    _make(client, LOAD, {"load": expected_load()}, say)
    return images


def _make(client: Any, content: Content, wanted: Mapping[str, str], say: Say) -> None:
    """Make what there is not of `wanted` (name by target); compose finds them by our version."""
    if absent := {target: name for target, name in wanted.items() if not has(client, name)}:
        found = parents()
        for name, parent in found.items():
            _provide(client, name, parent, say)
        python = _python(client, found["base"])
        context = _context(content, wheels.collect(ROOT, python, say, content.packages))
        arguments = {PARENTS[name][0]: parent for name, parent in found.items()}
        for target, name in absent.items():
            say(f"building {name}")
            _build(client, context, content.sources[0], target, name, arguments)
    for target, name in wanted.items():
        guarded(name, client.images.get(name).tag, f"{OURS}/{target}", tag=VERSION)


def _provide(client: Any, name: str, parent: str, say: Say) -> None:
    """Make a parent that is ours, or fetch one that a person named."""
    if has(client, parent):
        return
    if not parent.startswith(f"{OURS}/"):
        say(f"fetching {parent}")
        guarded(f"fetching {parent}", client.images.pull, parent)
        return
    repository, tag = parent.rsplit(":", 1)
    say(f"making {parent}")
    if name == "toxiproxy-binary":
        _import(client, _binary(say), repository, tag)
        return
    packages = rootfs.BASE if name == "base" else rootfs.POSTGRES
    with rootfs.made(packages, say) as archive:
        _import(client, str(archive), repository, tag)


def _import(client: Any, archive: str | io.BytesIO, repository: str, tag: str) -> None:
    guarded(
        f"importing {repository}:{tag}",
        client.api.import_image,
        archive,
        repository=repository,
        tag=tag,
        changes=[f"LABEL {MADE}={tag}"],
    )


def _binary(say: Say) -> io.BytesIO:
    """An archive with Toxiproxy's server, at the place where its public image has it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(provide_toxiproxy(say).path, "toxiproxy")
    buffer.seek(0)
    return buffer


def _python(client: Any, base: str) -> str:
    """Version of the Python in the base, `3.11`: wheels are collected for it."""
    ask = ["python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    said = guarded(
        f"asking {base} for its Python",
        client.containers.run,
        base,
        ask,
        remove=True,
        network_mode="none",
        labels={MADE: "question"},
    )
    return str(said.decode().strip())


def _context(content: Content, folder: Path) -> bytes:
    """What a build sees: our sources and the wheels, nothing else."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in _files(content):
            archive.add(path, str(path.relative_to(ROOT)), filter=_anonymous)
        for path in sorted(folder.iterdir()):
            archive.add(path, f"compose/wheels/{path.name}", filter=_anonymous)
    return buffer.getvalue()


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without owner and time, so that the engine's cache knows it again."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = 0
    entry.mode = 0o755 if entry.mode & 0o100 else 0o644
    return entry


def _build(
    client: Any, context: bytes, file: str, target: str, name: str, arguments: dict[str, str]
) -> None:
    """Build one target; nothing in it may reach a network."""
    guarded(
        f"building {name}",
        client.images.build,
        fileobj=io.BytesIO(context),
        custom_context=True,
        dockerfile=file,
        target=target,
        tag=name,
        buildargs=arguments,
        network_mode="none",
        labels={MADE: target},
        rm=True,
        forcerm=True,
        timeout=BUILD_S,
    )
