"""What a service of somebody else's compose file mounts that stands already: folders of this
machine, external volumes, volumes that lead to such. In a run they are read-only: the system that
stands writes there too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.json_types import JsonObject

LOCAL = "local"  # Docker's own driver of volumes


@dataclass(frozen=True)
class Mount:
    """One of a service, as compose tells it.

    Args:
        source: a path, or the key of a volume.
        flags: beside `ro` and `rw`, such as `z`.
    """

    source: str
    target: str
    flags: tuple[str, ...] = ()

    @property
    def is_path(self) -> bool:
        """Whether it is of this machine's files."""
        return self.source.startswith(("/", ".", "~"))

    def read_only(self) -> str:
        """As a compose file says it, in place of what stood there for the same target."""
        return f"{self.source}:{self.target}:{','.join(('ro', *self.flags))}"


def mounts(told: JsonObject, service: str) -> Iterator[Mount]:
    """The mounts of a service that have a source."""
    for one in told["services"][service].get("volumes") or []:
        if isinstance(one, Mapping):
            source = str(one.get("source") or "")
            found = Mount(source, str(one.get("target")))
        else:
            source, target, mode = (*str(one).split(":"), "", "")[:3]
            flags = (flag for flag in mode.split(",") if flag not in ("", "ro", "rw"))
            found = Mount(source if target else "", target, tuple(flags))
        if found.source:
            yield found


def kept_as_they_are(told: JsonObject, service: str) -> list[str]:
    """The mounts of what stands already, read-only."""
    volumes = told.get("volumes") or {}
    standing = {key for key, one in volumes.items() if _stands(one or {})}
    found = mounts(told, service)
    return [one.read_only() for one in found if one.is_path or one.source in standing]


def _stands(volume: JsonObject) -> bool:
    """Whether a volume has what was there before: it is external, a device or folder by its
    options, or of a driver that keeps its data elsewhere."""
    options, driver = volume.get("driver_opts") or {}, volume.get("driver") or LOCAL
    return bool(volume.get("external") or options.get("device") or driver != LOCAL)
