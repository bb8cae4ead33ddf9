"""A system that stands already, with a Toxiproxy of its own: used by name, left as it was."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from harness.errors import RuntimeFailure, UnsupportedFault
from harness.foreign import ForeignProxies
from harness.ports import Capability, Toxic
from harness.runtimes.process import attach
from harness.runtimes.process.runtime import ProcessRuntime
from harness.runtimes.real.loopback import take_ports
from harness.target import LinkSpec, ServiceSpec

from .a_run import a_runtime, in_loop, parts
from .trivial_target import Trivial

LINK = "front->back"
TOKEN = "of-somebody-else"  # noqa: S105 - protects nothing
SLOW = Toxic("latency", "downstream", {"latency": 200}, of="f1")


class Fine(BaseHTTPRequestHandler):
    """Answers 200 to everything."""

    def do_GET(self) -> None:
        """Nothing to say."""
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Theirs:
    """What stands already: a service, and a Toxiproxy with two proxies to it."""

    def __init__(self, token: str, ports: list[int], service: int) -> None:
        """Make the proxies; one has a toxic of its owner's."""
        self.api, self.service = f"127.0.0.1:{ports[0]}", f"127.0.0.1:{service}"
        self.client = httpx.Client(base_url=f"http://{self.api}", auth=("x", token))
        for name, port in (("back_proxy", ports[1]), ("other", ports[2])):
            there = {"name": name, "listen": f"127.0.0.1:{port}", "upstream": self.service}
            self.client.post("/proxies", json=there).raise_for_status()
        own = {"name": "theirs", "type": "latency", "attributes": {"latency": 1}}
        self.client.post("/proxies/back_proxy/toxics", json=own).raise_for_status()

    def proxies(self) -> bytes:
        """As `curl` shows them."""
        return self.client.get("/proxies").content

    def target(self, token: str, proxy: str = "back_proxy") -> Trivial:
        """A target of what stands here."""
        front = ServiceSpec("front", "", "lending", running=self.service)
        links = (LinkSpec("borrower->front", "borrower", "front"), LinkSpec(LINK, "front", "back"))
        target = Trivial((front,), links)
        target.foreign_proxies = ForeignProxies(self.api, {LINK: proxy}, token)
        return target


@contextmanager
def standing(token: str) -> Iterator[Theirs]:
    """A system that nobody of ours has started."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Fine)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    block = take_ports(3)
    argv = [str(parts().toxiproxy), "-host", "127.0.0.1", "-port", str(block.ports[0])]
    env = {**os.environ, "HARNESS_TOKEN": token}
    toxiproxy = subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL)
    try:
        until_answered(f"http://127.0.0.1:{block.ports[0]}/version")
        theirs = Theirs(token, block.ports, server.server_address[1])
        with closing(theirs.client):
            yield theirs
    finally:
        toxiproxy.kill()
        toxiproxy.wait()
        server.shutdown()
        server.server_close()
        block.release()


def until_answered(url: str) -> None:
    """Wait until somebody listens."""
    deadline_s = time.monotonic() + 10
    while True:
        try:
            httpx.get(url)
        except httpx.TransportError:
            assert time.monotonic() < deadline_s
            time.sleep(0.02)
        else:
            return


@pytest.mark.parametrize("token", ["", TOKEN])
def test_what_stands_already_is_left_as_it_was(tmp_path: Path, token: str) -> None:
    """Also when a fault was never undone, and another process ends the run; it is never killed."""
    with standing(token) as theirs:
        before = theirs.proxies()

        async def body(name: str, *, by_another: bool) -> None:
            runtime: ProcessRuntime = a_runtime(tmp_path, name)
            await runtime.start(theirs.target(token), {})
            links = runtime.capability(Capability.LINKS)
            await links.add_toxic(LINK, SLOW)
            await links.set_enabled(LINK, False)
            with pytest.raises(UnsupportedFault, match="stands already"):
                await runtime.capability(Capability.PROCESSES).kill("front")
            assert theirs.proxies() != before
            if by_another:
                next((tmp_path / name).rglob("foreign-toxiproxy")).unlink()
                assert attach.end_processes(runtime.recovery_state()) == []
            assert await runtime.stop() == []
            assert theirs.proxies() == before

        in_loop(lambda: body("run", by_another=False))
        in_loop(lambda: body("ended", by_another=True))
        assert httpx.get(f"http://{theirs.service}/").status_code == 200


def test_a_toxiproxy_that_is_not_there_is_said_with_what_to_do(tmp_path: Path) -> None:
    """Nothing is started, nothing is left."""
    with standing("") as theirs:
        target = theirs.target("")
    target.foreign_proxies = ForeignProxies("127.0.0.1:9", {LINK: "back_proxy"}, "")

    async def body() -> None:
        runtime = a_runtime(tmp_path, "run")
        told = r"Toxiproxy at 127.0.0.1:9, .*next: start it, or mend toxiproxy: running:"
        with pytest.raises(RuntimeFailure, match=told):
            await runtime.start(target, {})
        assert await runtime.stop() == []

    in_loop(body)


def test_a_proxy_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    """Nothing is started, nothing is left."""
    with standing("") as theirs:

        async def body() -> None:
            runtime = a_runtime(tmp_path, "run")
            with pytest.raises(RuntimeFailure, match=r"'nope', which is not there.*back_proxy"):
                await runtime.start(theirs.target("", "nope"), {})
            assert await runtime.stop() == []

        in_loop(body)
