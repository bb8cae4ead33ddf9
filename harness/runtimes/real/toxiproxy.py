"""The one place that speaks to a Toxiproxy server.

The package `toxiproxy` carries the calls whose time does not matter (list, create). It has no
time-out, one server a process, no PATCH, no escaping, and takes 5xx for success; all that is added
here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal
from urllib.parse import quote

import httpx
import requests
from toxiproxy.api import APIConsumer  # type: ignore[import-untyped]  # ships no types
from toxiproxy.exceptions import (  # type: ignore[import-untyped]  # ships no types
    InvalidToxic,
    NotFound,
    ProxyExists,
)

from harness.errors import RuntimeFailure
from harness.json_types import JsonDict
from harness.ports import Toxic
from harness.runtimes.real.sockets import CALL_S, OWN_MAX, fetched, once_connected
from harness.runtimes.toxics import as_data, normal

REMOVE_S = 4.0  # reset_peer's wait cannot be interrupted: a removal lasts as long as its timeout
NOT_FOUND = 404
GRACE_S = 0.5  # the thread's own time-out should come first and say more
USER = "harness"  # any will do, the password counts
NO_PROXY = {"http": ""}  # an empty entry wins over http_proxy and all_proxy of the environment


class ToxiproxyServer:
    """One server, by its control address.

    Args:
        address: `127.0.0.1:8474`.
        client: for what the package cannot do; explicit time-outs, `trust_env=False`.
        token: for a server that takes one; others do not look at it. "" is not sent.
        prove: raises RuntimeFailure when somebody else listens there; the token goes nowhere then.
    """

    def __init__(
        self,
        address: str,
        client: httpx.AsyncClient,
        token: str,
        prove: Callable[[], Awaitable[None]],
    ) -> None:
        """Remember where it is; nothing is sent."""
        self.address = address
        self._prove = prove
        self._client = client
        self._auth = (USER, token) if token else None
        host, port = address.rsplit(":", 1)
        # Host and port are class attributes there, so each server gets a class of its own. It has
        # no place for a password but the host: `user:password@host` is what requests reads.
        named = f"{USER}:{token}@" if token else ""
        where = {"host": f"{named}{host}", "port": int(port)}
        self._package: object = type("Consumer", (APIConsumer,), where)

    async def version(self) -> str:
        """What the server says it is, "2.12.0"."""
        answer = await self._httpx("GET", "/version", "the server")
        return str(answer.get("version", ""))

    async def answers(self) -> bool:
        """Whether it takes our orders."""
        try:
            return bool(await self.version())
        except RuntimeFailure:
            return False

    async def proxies(self) -> dict[str, object]:
        """Every proxy of the server by name, whoever made it."""
        return await self._call("get", "/proxies", "the server")

    async def proxy(self, name: str) -> JsonDict:
        """One proxy: name, listen, upstream, enabled, toxics."""
        return await self._httpx("GET", _path(name), name)

    async def create(self, name: str, listen: str, upstream: str, *, enabled: bool) -> None:
        """Make a proxy and check that it became what was asked for.

        Raises:
            RuntimeFailure: it exists, the port is taken, or another address came back.
        """
        asked = {"name": name, "listen": listen, "upstream": upstream, "enabled": enabled}
        got = await self._call("post", "/proxies", name, asked)
        self._compare("created", name, asked, {key: got.get(key) for key in asked})

    async def add_toxic(self, proxy: str, toxic: Toxic) -> None:
        """Add a toxic and compare the echo: type, stream, toxicity and every attribute.

        Not through the package: it opens a connection and a thread a call, and a fault is to begin
        at its instant.

        Raises:
            RuntimeFailure: refused, no answer, or something else came back.
        """
        asked = as_data(toxic)
        got = await self._httpx("POST", f"{_path(proxy)}/toxics", proxy, asked)
        self._compare(f"toxic {toxic.name}", proxy, normal(asked), normal(got))

    async def remove_toxic(self, proxy: str, toxic: str) -> None:
        """Remove a toxic; one that is not there is fine.

        Raises:
            RuntimeFailure: no answer within 4 s, as from a server that hangs.
        """
        await self._httpx("DELETE", _path(proxy, toxic), proxy, within_s=REMOVE_S, absent_ok=True)

    async def set_enabled(self, proxy: str, enabled: bool) -> None:
        """Close the listener and every connection, or listen again; read back."""
        got = await self._httpx("PATCH", _path(proxy), proxy, {"enabled": enabled})
        self._compare("enabled", proxy, enabled, got.get("enabled"))

    async def _call(
        self,
        verb: Literal["get", "post"],
        path: str,
        proxy: str,
        body: Mapping[str, object] | None = None,
    ) -> dict[str, object]:
        """Call through the package, in a thread that is sure to end."""
        await self._prove()
        options: dict[str, object] = {
            "timeout": CALL_S, "proxies": NO_PROXY, "allow_redirects": False,
        }  # fmt: skip
        if verb == "post":
            options["json"] = body
        call = f"{verb.upper()} {path}"
        try:
            async with asyncio.timeout(CALL_S + GRACE_S):
                reply = await asyncio.to_thread(getattr(self._package, verb), path, **options)
        except NotFound as error:
            raise self._failure(call, proxy, f"404 {_words(error)}") from None
        except (InvalidToxic, ProxyExists) as error:
            raise self._failure(call, proxy, f"a refusal: {_words(error)}") from None
        except (TimeoutError, requests.Timeout):
            raise self._failure(call, proxy, f"no answer within {CALL_S:g} s") from None
        except requests.RequestException as error:
            raise self._failure(call, proxy, f"no answer ({type(error).__name__})") from None
        return self._document(call, proxy, reply.status_code, reply.text)

    async def _httpx(
        self,
        verb: str,
        path: str,
        proxy: str,
        body: Mapping[str, object] | None = None,
        *,
        within_s: float = CALL_S,
        absent_ok: bool = False,
    ) -> dict[str, object]:
        call = f"{verb} {path}"
        try:
            async with asyncio.timeout(within_s):
                reply, told = await fetched(
                    self._client,
                    OWN_MAX,
                    verb,
                    f"http://{self.address}{path}",
                    json=body,
                    timeout=within_s,
                    auth=self._auth,
                    extensions=once_connected(self._prove),
                )
        except (TimeoutError, httpx.TimeoutException):
            raise self._failure(call, proxy, f"no answer within {within_s:g} s") from None
        except httpx.HTTPError as error:
            raise self._failure(call, proxy, f"no answer ({type(error).__name__})") from None
        if absent_ok and reply.status_code == NOT_FOUND:
            return {}
        return self._document(call, proxy, reply.status_code, told.decode("utf-8", "replace"))

    def _document(self, call: str, proxy: str, status: int, text: str) -> dict[str, object]:
        if not 200 <= status < 300:
            raise self._failure(call, proxy, f"{status} {text.strip()[:200]}")
        if status == 204:
            return {}
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise self._failure(call, proxy, f"{status} with no JSON object: {text[:80]!r}")
        return document

    def _compare(self, what: str, proxy: str, asked: object, got: object) -> None:
        if asked != got:
            raise RuntimeFailure(
                f"Toxiproxy at {self.address}, proxy {proxy}, {what}: asked for {asked}, "
                f"it reads back as {got}; check that this is Toxiproxy 2.12 (harness doctor)"
            )

    def _failure(self, call: str, proxy: str, got: str) -> RuntimeFailure:
        return RuntimeFailure(f"Toxiproxy at {self.address}, proxy {proxy}: {call} got {got}")


def _path(proxy: str, toxic: str | None = None) -> str:
    path = f"/proxies/{quote(proxy, safe='')}"
    return path if toxic is None else f"{path}/toxics/{quote(toxic, safe='')}"


def _words(error: Exception) -> str:
    """The server's words: the package puts the raw bytes into its exceptions."""
    raw = error.args[0] if error.args else b""
    return raw.decode(errors="replace").strip() if isinstance(raw, bytes) else str(raw)
