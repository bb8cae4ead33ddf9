"""Proxies of a Toxiproxy that stands already: found by name, given back as they were.

    find ──> entries of links, each with the state in which it was found ──> recovery.json
    give_back ──> toxics that the run added are removed, the proxy is opened; read back

Nothing else of that server is touched: no other proxy, no toxic that was there before, no address.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.errors import RuntimeFailure
from harness.foreign import ForeignProxies
from harness.json_types import JsonObject
from harness.runtimes.real.document import RunFolders
from harness.runtimes.real.loopback import HOST, is_free
from harness.runtimes.real.sockets import open_client
from harness.runtimes.real.toxiproxy import ToxiproxyServer
from harness.runtimes.toxics import normal
from harness.target import LinkSpec

OF_A_RUN = "@"  # in the name of every toxic that a run adds, see `harness.ports.Toxic.name`


async def nobody_to_prove() -> None:
    """Whose server it is was said by whoever named its address."""


async def find(told: ForeignProxies, links: Sequence[LinkSpec]) -> dict[str, dict[str, object]]:
    """The links through these proxies, as a recovery file has them; nothing is changed.

    Raises:
        RuntimeFailure: the server does not answer, has no such proxy, or one is closed.
    """
    async with open_client() as client:
        server = ToxiproxyServer(told.address, client, told.token, nobody_to_prove)
        try:
            there: JsonObject = await server.proxies()
        except RuntimeFailure as error:
            raise RuntimeFailure(
                f"{error}; next: start it, or mend toxiproxy: running: (and token:) of the target"
            ) from None
    wrong = [
        f"{link} is to go through {name!r}, which {why}"
        for link, name in told.proxies.items()
        if (why := _unfit(there.get(name)))
    ]
    if wrong:
        raise RuntimeFailure(
            f"Toxiproxy at {told.address}: {'; '.join(wrong)}; it has {', '.join(sorted(there))}; "
            "next: mend toxiproxy: links: of the target, or that server"
        )
    by_name = {link.name: link for link in links}
    return {link: _entry(by_name[link], there[name]) for link, name in told.proxies.items()}


def _unfit(proxy: JsonObject | None) -> str:
    if proxy is None:
        return "is not there"
    if not proxy["enabled"]:
        return "is closed"
    host = proxy["listen"].rpartition(":")[0]
    return "" if host in ANY_HERE else f"listens at {proxy['listen']}: need one of this machine"


ANY_HERE = (HOST, "localhost", "0.0.0.0", "[::]", "")  # noqa: S104 - addresses that reach HOST


def _entry(link: LinkSpec, proxy: JsonObject) -> dict[str, object]:
    port = proxy["listen"].rpartition(":")[2]
    toxics = [normal(toxic) for toxic in proxy["toxics"]]
    return {
        "proxy": proxy["name"],
        "listen": f"{HOST}:{port}",
        "upstream": proxy["upstream"],
        "caller": link.caller,
        "callee": link.callee,
        "protocol": link.protocol,
        "path": link.path,
        "enabled": True,
        "toxics": [],
        "foreign": {"listen": proxy["listen"], "upstream": proxy["upstream"], "toxics": toxics},
    }


def address_of(entry: JsonObject) -> tuple[str, int]:
    """Host and port at which the callers of a link reach its proxy."""
    host, _, port = str(entry["listen"]).rpartition(":")
    return host, int(port)


async def give_back(state: JsonObject) -> list[str]:
    """Leave every named proxy as it was found; one whose server has ended has no toxics.

    Args:
        state: recovery state of the run.

    Returns:
        what of the run is still there.
    """
    address = state.get("foreign_api", "")
    links = {name: one for name, one in state["links"].items() if "foreign" in one}
    if not links or is_free(int(address.rpartition(":")[2])):
        return []
    token = _token(state)
    async with open_client() as client:
        server = ToxiproxyServer(address, client, token, nobody_to_prove)
        return [
            left for name, one in links.items() if (left := await _give_back(server, name, one))
        ]


async def _give_back(server: ToxiproxyServer, link: str, entry: JsonObject) -> str:
    found = {toxic["name"] for toxic in entry["foreign"]["toxics"]}
    name = entry["proxy"]
    try:
        now = await server.proxy(name)
        for toxic in _added(now, found):
            await server.remove_toxic(name, toxic)
        if not now["enabled"]:
            await server.set_enabled(name, True)
        left = _added(await server.proxy(name), found)
    except RuntimeFailure as error:
        return f"link {link}: {error}"
    return f"link {link}: {', '.join(left)} at proxy {name} of {server.address}" if left else ""


def _added(proxy: JsonObject, found: set[str]) -> list[str]:
    names = [str(toxic["name"]) for toxic in proxy["toxics"]]
    return [name for name in names if name not in found and OF_A_RUN in name]


def _token(state: JsonObject) -> str:
    """The password of that server; "" when there is none. Whoever watches the run was told it, so
    that it is not lost with the run's folder."""
    if told := state.get("foreign_token"):
        return str(told)
    try:
        return RunFolders(state["run_id"], Path(state["run_dir"])).foreign_token.read_text()
    except OSError:
        return ""
