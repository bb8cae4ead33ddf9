"""By what a service of somebody else's compose file could touch, or be taken for, what is not the
run's: the machine itself, its engine, containers and networks that stand."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.json_types import JsonDict, JsonObject
from harness.runtimes.docker.mounts import mounts

ENGINE_SOCKETS = ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock")
SPACES = ("pid", "ipc", "uts", "userns_mode", "cgroup")
THEIRS = ("host", "container:")
# Source: capabilities(7): those that reach beyond the namespaces and files of a container.
OF_THE_MACHINE = frozenset(
    {"ALL", "BPF", "DAC_READ_SEARCH", "MAC_ADMIN", "MAC_OVERRIDE", "PERFMON", "SYSLOG",
     "SYS_ADMIN", "SYS_BOOT", "SYS_MODULE", "SYS_RAWIO", "SYS_TIME", "WAKE_ALARM"}
)  # fmt: skip
TOUCHES = "it may touch what is not the run's"
# What a service says that reaches out of it, whatever its value -> what to do.
KEYS = {
    "devices": "leave it out",
    "device_cgroup_rules": "leave it out",
    "external_links": "calls: of the program",
    "volumes_from": "volumes: of its own",
}


def powers(told: JsonObject, service: str) -> Iterator[tuple[str, str, str]]:
    """The key, what it does, what to do."""
    given = told["services"][service]
    if given.get("privileged"):
        yield "privileged", f"privileged: true: {TOUCHES}", "leave it out, or cap_add:"
    for key in SPACES:
        if str(given.get(key, "")).startswith(THEIRS):
            yield key, f"{key}: {given[key]}: {TOUCHES}", "leave it out"
    for key in KEYS:
        if given.get(key):
            yield key, f"{key}: {TOUCHES}", KEYS[key]
    for name in given.get("cap_add") or []:
        if str(name).upper().removeprefix("CAP_") in OF_THE_MACHINE:
            yield "cap_add", f"cap_add: {name}: {TOUCHES}", "one that ends at the container"
    for one in mounts(told, service):
        if one.is_path and (socket := _socket_in(one.source)):
            yield "volumes", f"it has {socket}: {TOUCHES}", "a service without it"
    known = told.get("networks") or {}
    for name in networks(told, service):
        if (known.get(name) or {}).get("external"):
            cause = f"network {name!r} stands already: others there would find two of it"
            yield "networks", cause, "networks: of its own, in a second compose file for runs"


def _socket_in(source: str) -> str:
    """The engine's socket that a path has, read-only or not; any socket that it is."""
    ways = (os.path.normpath(source), os.path.realpath(source))
    for one in ENGINE_SOCKETS:
        places = (Path(one), Path(os.path.realpath(one)))
        if any(place.is_relative_to(way) for place in places for way in ways):
            return f"the engine's socket, {one}"
    return f"the socket {source}" if Path(source).is_socket() else ""


def networks(told: JsonObject, service: str) -> JsonDict:
    """The networks that a service is on, as they are."""
    given = told["services"][service].get("networks") or {"default": None}
    return dict(given) if isinstance(given, Mapping) else dict.fromkeys(given)
