"""What stands already: programs that are asked and never started, proxies of their Toxiproxy."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.errors import Problem
from harness.foreign import ForeignProxies
from harness.target_file.document import TargetDocument, Toxiproxy
from harness.target_file.holes import variables, with_environment
from harness.yaml_source import Loc, Place

LINK = "caller->callee"


def here(address: str) -> str:
    """An address of this machine, as everywhere: `127.0.0.1:8080`."""
    return address.replace("localhost", "127.0.0.1")


def proxies_of(toxiproxy: Toxiproxy, home: Path, entry: str) -> Mapping[str, str]:
    """Link -> name of its proxy.

    In a configuration of Toxiproxy every proxy is a link: from the entry, where its name does not
    say from whom.

    Raises:
        ValueError, OSError: the configuration is none, or is not there.
    """
    if not isinstance(toxiproxy.links, str):
        return toxiproxy.links
    config = json.loads((home / toxiproxy.links).read_bytes())
    if not isinstance(config, list) or not all(_is_proxy(one) for one in config):
        raise ValueError("need a list of proxies, each with name, listen and upstream")
    names = [one["name"] for one in config]
    return {name if "->" in name else f"{entry}->{name}": name for name in names}


def _is_proxy(one: object) -> bool:
    return isinstance(one, Mapping) and all(
        isinstance(one.get(key), str) for key in ("name", "listen", "upstream")
    )


def foreign_proxies(document: TargetDocument, home: Path) -> ForeignProxies | None:
    """The proxies that stand already; None when the file names none."""
    if document.toxiproxy is None:
        return None
    token = with_environment(document.toxiproxy.token, os.environ)
    proxies = proxies_of(document.toxiproxy, home, document.entry)
    return ForeignProxies(here(document.toxiproxy.running), proxies, token)


def links_of(proxies: ForeignProxies | None) -> Iterator[tuple[str, str]]:
    """Caller and callee of the links of these proxies."""
    for name in proxies.proxies if proxies else ():
        caller, _, callee = name.partition("->")
        yield caller, callee


def toxiproxy_problems(document: TargetDocument, place: Place) -> Iterator[Problem]:
    """What is wrong with `toxiproxy:`."""
    toxiproxy = document.toxiproxy
    if toxiproxy is None:
        return
    loc: Loc = ("toxiproxy", "links")
    for name in variables(toxiproxy.token):
        if name not in os.environ:
            where = place.of("toxiproxy", "token")
            yield Problem(f"${{{name}}} is not set", where, remedy=f"export {name}=...")
    try:
        proxies = proxies_of(toxiproxy, place.path.parent, document.entry)
    except (ValueError, OSError, RecursionError) as error:
        allowed = "link: proxy, or a configuration of Toxiproxy, JSON, beside the target"
        yield Problem(f"{toxiproxy.links}: {error}", place.of(*loc), allowed)
        return
    for link, proxy in proxies.items():
        at = loc if isinstance(toxiproxy.links, str) else (*loc, link)
        ends = link.split("->")
        if len(ends) != 2 or not all(one.replace("_", "a").isalnum() for one in ends):
            yield Problem(f"link {link!r}", place.of_key(*at), f"{LINK}; letters, digits and _")
        if list(proxies.values()).count(proxy) > 1 and _first(proxies, proxy) != link:
            yield Problem(f"proxy {proxy!r} is two links", place.of(*at), "one link each")


def _first(proxies: Mapping[str, str], proxy: str) -> str:
    return next(link for link, name in proxies.items() if name == proxy)
