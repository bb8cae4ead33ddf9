"""Programs of a first target file: services of a compose file, as compose itself tells it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from harness.json_types import JsonDict, JsonObject

DECIDE = "CHANGE-ME"
KNOWN = {"postgres": 5432, "postgis": 5432, "mysql": 3306, "mariadb": 3306, "redis": 6379,
         "valkey": 6379, "mongo": 27017, "rabbitmq": 5672, "kafka": 9092, "nats": 4222,
         "memcached": 11211}  # fmt: skip
"""Last word of an image's name -> the port that its maker documents."""
URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s\"',]+|(?<![\w.-])[a-z][\w.-]*:\d{2,5}(?!\d)")
HERE = ("", "localhost", "127.0.0.1", "::1", "0.0.0.0")
GET = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::(\d+))?(/[\w./?=&%~-]*)?")


def programs_of(told: JsonObject, shown: str) -> tuple[JsonDict, str, list[str]]:
    """The programs of a file.

    Args:
        told: what compose says of it.
        shown: its name as the target file is to say it.

    Returns:
        programs; the one that users talk to, as far as can be known; third parties that are
        mentioned and are no service.
    """
    services = {str(name): one for name, one in _items(told.get("services"))}
    names = {_word(name): name for name in services}
    heard = {host: port for one in services.values() for host, port, _ in _mentioned(one) if port}
    programs, others, called = {}, [], set()
    for name, service in names.items():
        told_of = services[service]
        mentioned = {host: in_url for host, _, in_url in _mentioned(told_of)}
        calls = [one for one in names if one != name and (
            names[one] in mentioned or names[one] in dict(_items(told_of.get("depends_on")))
        )]  # fmt: skip
        called |= {*calls}
        others += [
            host
            for host, in_url in mentioned.items()
            if host not in (*services, *HERE) and ("." in host or in_url)
        ]
        port = heard.get(service, 0)
        programs[name] = _program(name, service, told_of, shown, calls, port)

    def distance(name: str) -> tuple[bool, bool, bool]:
        """From users: a database is far, who publishes a port is near, who is called less so."""
        told_of = services[names[name]]
        return bool(_known(told_of)), not told_of.get("ports"), name in called

    entry = min(names, key=distance, default="service")
    return programs, entry, list(dict.fromkeys(others))


def _program(
    name: str, service: str, told: JsonObject, shown: str, calls: list[str], heard: int
) -> JsonDict:
    """What is known of one service; `heard`: its port as others mention it, 0 for none."""
    asked, path = _asked(told)
    port = _known(told) or asked or _port(told) or heard
    ready = {"ready": {"get": path, "within": "60s"}} if path else {}
    return {
        "compose": shown,
        **({"service": service} if service != name else {}),
        "port": port or DECIDE,
        **({"calls": calls} if calls else {}),
        **ready,
    }


def _known(told: JsonObject) -> int:
    """The port of a database or a broker, by its image; 0 for everything else."""
    image = str(told.get("image", "")).partition("@")[0].rpartition("/")[2].partition(":")[0]
    return KNOWN.get(image, 0)


def _port(told: JsonObject) -> int:
    """At which it listens in its container: the first port that it publishes or exposes."""
    for one in [*_list(told.get("ports")), *_list(told.get("expose"))]:
        target = one.get("target") if isinstance(one, Mapping) else str(one).rpartition(":")[2]
        digits = str(target).partition("/")[0]
        if digits.isdigit():
            return int(digits)
    return 0


def _asked(told: JsonObject) -> tuple[int, str]:
    """Port and path of its own check for health; 0 and "" where it asks nobody by http."""
    check = told.get("healthcheck")
    test = check.get("test") if isinstance(check, Mapping) else ""
    found = GET.search(" ".join(map(str, test)) if isinstance(test, list) else str(test))
    return (int(found[1] or 80), found[2] or "/") if found else (0, "")


def _mentioned(told: JsonObject) -> Iterator[tuple[str, int, bool]]:
    """Hosts that stand in its environment and its command, with their ports; whether in a URL:
    `level:30` is none."""
    texts = [str(value) for _, value in _items(told.get("environment"))]
    texts += [str(one) for one in _list(told.get("environment")) + _list(told.get("command"))]
    for text in texts:
        for found in URL.findall(text):
            try:
                parts = urlsplit(found if "://" in found else f"tcp://{found}")
                yield parts.hostname or "", parts.port or 0, "://" in found
            except ValueError:
                continue


def _word(name: str) -> str:
    word = re.sub(r"\W", "_", name)
    return word if word[:1].isalpha() else f"s_{word}"


def _items(node: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, Mapping):
        yield from node.items()
    elif isinstance(node, list):
        yield from ((one, None) for one in node if isinstance(one, str))


def _list(node: Any) -> list[Any]:
    return node if isinstance(node, list) else [node] if isinstance(node, str) else []
