"""Whether a recovery state is one that we wrote, before anything is done by it.

A file can be cut off, or changed by somebody else. What follows from the run's id is never read
from it (folders, names of proxies), addresses are those of this machine, names are names and no
paths; the rest is plain numbers and words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from harness.errors import RuntimeFailure
from harness.json_types import JsonDict, JsonObject
from harness.runtimes.real.document import PROTOCOLS, RunFolders, derived
from harness.runtimes.real.loopback import HOST
from harness.runtimes.real.procs import MARKED, STANDING, owner_of

NAME = re.compile(r"[A-Za-z0-9_][\w.-]*")
LINK = re.compile(r"[A-Za-z0-9_][\w.>-]*")
PATH = re.compile(r"/[\w./?=&%~-]*")
ADDRESS = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})")

Local = Callable[[str], bool]


def is_loopback(host: str) -> bool:
    """Whether a run of processes may have an address there."""
    return host == HOST


def check_process(document: object, folders: RunFolders) -> dict[str, object]:
    """The state that a recovery file of a run of processes holds."""
    return checked(document, folders, is_loopback)


def checked(document: object, folders: RunFolders, local: Local) -> dict[str, object]:
    """The state that a recovery file holds.

    Args:
        document: what was read.
        local: whether a host is one of those that a run of this runtime has.

    Raises:
        RuntimeFailure: it is not as we write it; says what of it.
    """
    try:
        return {**_state(document, folders, local), **derived(folders)}
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise RuntimeFailure(
            f"{folders.recovery}: not as this run wrote it: {_words(error)}; it is not used"
        ) from None


def _words(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)


def _state(document: Any, folders: RunFolders, local: Local) -> JsonDict:
    mark = _matching(MARKED, document["mark"], "mark")
    _same(document["run_id"], folders.run_id, "run_id")
    _same(mark.rpartition(".")[0], folders.run_id, "mark")
    owner = document["owner"]
    if owner != STANDING and owner_of(owner) is None:
        raise ValueError(f"owner {owner!r}, need PID:TICKS or {STANDING}")
    return {
        "mark": mark,
        "owner": owner,
        "postgres": str(document.get("postgres", "")),
        "network": str(document.get("network", "")),
        "api": _address(document["api"], local),
        "foreign_api": _foreign_api(document),
        "services": {
            _matching(NAME, name, "service"): _service(one, local)
            for name, one in document["services"].items()
        },
        "links": {
            _matching(LINK, name, "link"): _link(name, one, folders, local)
            for name, one in document["links"].items()
        },
        "processes": [_process(one) for one in document["processes"]],
        "group": int(document["group"]),
        "clock_t0_ns": int(document["clock_t0_ns"]),
        "service_t0_ns": int(document["service_t0_ns"]),
        **_published(document),
    }


def _published(document: JsonObject) -> JsonDict:
    """Addresses for people, of this machine."""
    found: dict[str, object] = {}
    if "entry" in document:
        found["entry"] = _address(document["entry"], is_loopback)
    if "look" in document:
        looks = document["look"].items()
        found["look"] = {_matching(NAME, n, "look"): _address(a, is_loopback) for n, a in looks}
    return found


def _service(one: Mapping[str, object], local: Local) -> dict[str, object]:
    return {
        "address": _address(one["address"], local),
        "protocol": _protocol(one["protocol"]),
        "kind": str(one["kind"]),
        "ready_path": _matching(PATH, one["ready_path"], "ready_path"),
        "ready_s": float(str(one.get("ready_s", 0.0))),
        "scripted": bool(one["scripted"]),
        "standby_of": str(one.get("standby_of", "")),
        "running": bool(one.get("running", False)),
        "container": str(one.get("container", "")),
        "part": str(one.get("part", "")),
        "manages": str(one.get("manages", "")),
    }


def _link(name: str, one: JsonObject, folders: RunFolders, local: Local) -> JsonDict:
    foreign = "foreign" in one
    if not foreign:
        _same(one["proxy"], f"{folders.run_id}:{name}", "proxy")
    return {
        **({"foreign": _as_found(one["foreign"])} if foreign else {}),
        "proxy": str(one["proxy"]),
        "listen": _address(one["listen"], local),
        "upstream": str(one["upstream"]) if foreign else _address(one["upstream"], local),
        "caller": str(one["caller"]),
        "callee": str(one["callee"]),
        "protocol": _protocol(one["protocol"]),
        "path": _matching(PATH, one.get("path", "/livez"), "path"),
        "enabled": bool(one["enabled"]),
        "toxics": [dict(toxic) for toxic in one["toxics"]],
    }


def _foreign_api(document: JsonObject) -> str:
    address = document.get("foreign_api", "")
    return _address(address, is_loopback) if address else ""


def _as_found(one: JsonObject) -> JsonDict:
    """The state in which a proxy of somebody else's was found."""
    texts = {key: str(one[key]) for key in ("listen", "upstream")}
    return {"enabled": True, "toxics": [dict(toxic) for toxic in one["toxics"]], **texts}


def _process(one: JsonObject) -> JsonDict:
    program = _matching(NAME, one["program"], "program")
    return {"pid": int(one["pid"]), "start_ticks": int(one["start_ticks"]), "program": program}


def _protocol(value: object) -> str:
    if value not in PROTOCOLS:
        raise ValueError(f"protocol {value!r}, need {' or '.join(PROTOCOLS)}")
    return str(value)


def _address(value: Any, local: Local) -> str:
    found = ADDRESS.fullmatch(value)
    if not found or not 0 < int(found[2]) < 65_536 or not local(found[1]):
        raise ValueError(f"address {value!r} is not one of this run")
    return str(value)


def _matching(pattern: re.Pattern[str], value: Any, what: str) -> str:
    if not pattern.fullmatch(value) or ".." in value:
        raise ValueError(f"{what} {value!r}, need {pattern.pattern}")
    return str(value)


def _same(value: object, needed: str, what: str) -> None:
    if value != needed:
        raise ValueError(f"{what} {value!r}, need {needed!r}")
