"""Links over a real Toxiproxy: faults bite, are undone, and survive the server's own defects."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from harness.clock import RunClock, monotonic_ns, until
from harness.errors import ConfigError, RuntimeFailure
from harness.ports import Capability, Toxic, UndoRecord
from harness.runtimes.process.runtime import ProcessRuntime
from harness.runtimes.real.links import ToxiproxyLinks
from harness.runtimes.real.sockets import open_client
from harness.runtimes.real.toxiproxy import ToxiproxyServer

from .a_run import in_loop, started
from .trivial_target import FULL, SMALL

LINK = "front->back"
SLOW = Toxic("latency", "downstream", {"latency": 300})
UNDO_S_MAX = 10.0


async def record_of(links: ToxiproxyLinks, where: str) -> UndoRecord:
    """What brings `where` back to its state of now."""
    return UndoRecord(Capability.LINKS, where, await links.snapshot(where))


def toxiproxy_pid(runtime: ProcessRuntime) -> int:
    """Process id of the run's Toxiproxy."""
    processes = runtime.recovery_state()["processes"]
    return next(int(p["pid"]) for p in processes if p["program"] == "toxiproxy")


@pytest.mark.parametrize(
    ("toxic", "seen"),
    [
        (SLOW, "ok"),
        (Toxic("timeout", "downstream", {"timeout": 0}), "no_reply"),
        (Toxic("timeout", "upstream", {"timeout": 0}), "no_reply"),
        (Toxic("reset_peer", "downstream", {"timeout": 0}), "no_reply"),
        (None, "refused"),
    ],
)
def test_a_fault_on_a_link_is_seen_by_a_canary_and_undone(
    tmp_path: Path, toxic: Toxic | None, seen: str
) -> None:
    """Each kind shows in its own way, and not at all once it is undone."""

    async def body() -> None:
        async with started(tmp_path, SMALL) as runtime:
            links = runtime.capability(Capability.LINKS)
            record = await record_of(links, LINK)
            if toxic:
                await links.add_toxic(LINK, toxic)
            else:
                await links.set_enabled(LINK, False)
            during = await links.observe(LINK)
            assert during.canary == seen
            assert (during.latency_s >= 0.3) == (seen != "refused" and toxic_waits(toxic))
            assert not await links.undone(record)
            await links.undo(record)
            await links.undo(record)
            assert await links.undone(record)
            assert (await links.observe(LINK)).canary == "ok"

    in_loop(body)


ASK = """
import os, socket, sys
port, user, times = map(int, sys.argv[1:])
os.setuid(user)
for number in range(times):
    with socket.socket() as connection:
        connection.settimeout(5)
        try:
            connection.connect(("127.0.0.1", port))
            connection.sendall(b"GET /work HTTP/1.0\\r\\n\\r\\n")
            if times == 1:
                print(connection.recv(8).decode() or "closed")
        except OSError:
            print("closed")
"""


def asked_as(uid: str, port: str, times: int = 1) -> str:
    """How a request of this user is answered; of several nobody awaits the answer."""
    words = [sys.executable, "-c", ASK, port, uid, str(times)]
    return subprocess.check_output(words, text=True).strip()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_another_user_of_the_machine_reaches_nobody_by_a_link(tmp_path: Path) -> None:
    """A stand-in would take him for the service under test: it sees Toxiproxy alone."""

    async def body() -> None:
        async with started(tmp_path, SMALL) as runtime:
            links = runtime.capability(Capability.LINKS)
            port = runtime.recovery_state()["links"][LINK]["listen"].rpartition(":")[2]
            before = (await links.observe(LINK)).counts
            await asyncio.to_thread(asked_as, "65534", port, 20)
            assert (await links.observe(LINK)).counts == before
            seen = [await asyncio.to_thread(asked_as, uid, port) for uid in ("65534", "0")]
            assert seen == ["closed", "HTTP/1.1"]
            control = runtime.recovery_state()["api"].rpartition(":")[2]
            seen = [await asyncio.to_thread(asked_as, uid, control) for uid in ("65534", "0")]
            assert seen == ["closed", "HTTP/1.0"], "he would hold descriptors of every link"

    in_loop(body)


def test_a_link_that_has_no_descriptor_left_listens_again(tmp_path: Path) -> None:
    """It was closed for good, as if the service under test refused everybody from then on."""

    async def body() -> None:
        async with started(tmp_path, SMALL) as runtime:
            links, pid = runtime.capability(Capability.LINKS), toxiproxy_pid(runtime)
            host, _, port = runtime.recovery_state()["links"][LINK]["listen"].rpartition(":")
            most = len(os.listdir(f"/proc/{pid}/fd")) + 6
            before = resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, most))
            with ExitStack() as held:
                for _ in range(20):
                    held.enter_context(socket.create_connection((host, int(port))))
                assert (await links.observe(LINK)).canary != "ok"

            async def answers() -> bool:
                return bool((await links.observe(LINK)).canary == "ok")

            assert await until(answers, runtime.clock, within_s=5.0)  # once those are let go
            assert before > (most, most)

    in_loop(body)


def toxic_waits(toxic: Toxic | None) -> bool:
    """Whether a canary is kept waiting rather than cut."""
    return toxic is not None and toxic.type in ("latency", "timeout")


def test_the_database_link_is_probed_in_its_own_protocol(tmp_path: Path) -> None:
    """A session is asked for, which a closed link refuses."""

    async def body() -> None:
        async with started(tmp_path, FULL) as runtime:
            links = runtime.capability(Capability.LINKS)
            record = await record_of(links, "front->database")
            assert (await links.observe("front->database")).canary == "ok"
            await links.set_enabled("front->database", False)
            assert (await links.observe("front->database")).canary == "refused"
            await links.undo(record)
            assert await links.undone(record)

    in_loop(body)


def test_counts_of_a_link_come_from_its_two_ends(tmp_path: Path) -> None:
    """Calls that reached the stand-in show in the observation."""

    async def body() -> None:
        async with started(tmp_path, SMALL) as runtime, open_client() as client:
            links = runtime.capability(Capability.LINKS)
            listen = runtime.recovery_state()["links"][LINK]["listen"]
            before = await links.observe(LINK)
            for _ in range(3):
                await client.get(f"http://{listen}/work")
            assert (await links.observe(LINK)).since(before, "reached") == 3

    in_loop(body)


def test_an_unknown_attribute_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    """The server would take it as a latency of 0."""

    async def body() -> None:
        async with started(tmp_path, SMALL) as runtime:
            links = runtime.capability(Capability.LINKS)
            with pytest.raises(ConfigError, match="latncy"):
                await links.add_toxic(LINK, Toxic("latency", "downstream", {"latncy": 100}))
            assert (await links.snapshot(LINK))["toxics"] == []

    in_loop(body)


def test_a_killed_toxiproxy_is_restarted_with_the_other_faults_kept(tmp_path: Path) -> None:
    """Undoing one fault on a dead server raises all proxies again, the other fault included."""

    async def body() -> None:
        async with started(tmp_path, SMALL) as runtime:
            links = runtime.capability(Capability.LINKS)
            record = await record_of(links, LINK)
            await links.add_toxic(LINK, Toxic("timeout", "downstream", {"timeout": 0}))
            await links.add_toxic("borrower->front", SLOW)
            os.kill(toxiproxy_pid(runtime), signal.SIGKILL)
            await links.undo(record)
            assert await links.undone(record)
            other = await links.snapshot("borrower->front")
            assert [toxic["name"] for toxic in other["toxics"]] == ["latency_downstream"]

    in_loop(body)


def test_a_toxiproxy_that_hangs_on_a_removal_is_survived(tmp_path: Path) -> None:
    """A client that stopped reading makes the removal wait for it, and every later call too."""

    async def body() -> None:
        async with started(tmp_path, SMALL) as runtime:
            links = runtime.capability(Capability.LINKS)
            record = await record_of(links, LINK)
            await links.add_toxic(LINK, SLOW)
            state = runtime.recovery_state()
            host, port = state["links"][LINK]["listen"].split(":")
            reader, writer = await asyncio.open_connection(host, int(port), limit=2**10)
            writer.write(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
            await reader.readexactly(1)
            await runtime.clock.sleep(1.0)
            pid, t_begin_s = toxiproxy_pid(runtime), runtime.clock.now_s()
            await links.undo(record)
            took_s = runtime.clock.now_s() - t_begin_s
            assert await links.undone(record)
            assert toxiproxy_pid(runtime) != pid, "the server did not hang: the test shows nothing"
            assert took_s <= UNDO_S_MAX
            writer.transport.abort()

    in_loop(body)


def test_a_foreign_toxiproxy_is_refused_and_named(tmp_path: Path) -> None:
    """Proxies that this run did not make mean that the server belongs to someone else."""

    async def body() -> None:
        async with started(tmp_path, SMALL) as runtime:
            links = runtime.capability(Capability.LINKS)
            with pytest.raises(RuntimeFailure, match="someone else") as refusal:
                await links.populate()
            assert runtime.recovery_state()["links"][LINK]["proxy"] in str(refusal.value)
            assert (await links.observe(LINK)).canary == "ok"

    in_loop(body)


ORDERS = [
    ("GET", "/proxies", None),
    ("POST", "/reset", None),
    ("POST", f"/proxies/{LINK}/toxics", {"type": "timeout"}),
]


@pytest.mark.parametrize(("verb", "path", "body"), ORDERS)
@pytest.mark.parametrize("who", ["a stranger", "a guess", "a page in a browser"])
def test_nobody_without_the_token_of_the_run_drives_its_toxiproxy(
    tmp_path: Path, verb: str, path: str, body: dict[str, str] | None, who: str
) -> None:
    """Another user of the machine, or a page that guesses the port, gets 401 and changes
    nothing."""

    async def run() -> None:
        async with started(tmp_path, SMALL) as runtime, open_client() as client:
            token = (tmp_path / "run" / "token").read_text()
            auth = {"a guess": ("harness", token[:-1]), "a page in a browser": ("harness", token)}
            headers = {"Origin": "http://a.example"} if who.endswith("browser") else {}
            url = f"http://{runtime.recovery_state()['api']}{path}"
            answer = await client.request(verb, url, json=body, headers=headers, auth=auth.get(who))
            assert answer.status_code == 401
            assert (await runtime.capability(Capability.LINKS).observe(LINK)).canary == "ok"

    in_loop(run)


async def anybody() -> None:
    """No proof: the server is the test's own."""


async def lying_server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes every toxic and makes a latency of 0 of it."""
    request = await reader.readuntil(b"\r\n\r\n")
    toxic = b'{"name": "latency_downstream", "type": "latency", "stream": "downstream"'
    body = toxic + b', "toxicity": 1, "attributes": {"latency": 0, "jitter": 0}}'
    status = b"503 no" if b"/broken/" in request else b"200 OK"
    head = b"HTTP/1.1 " + status + b"\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    writer.write(head % len(body) + body)
    await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    ("proxy", "words"),
    [("a/b c", "reads back as"), ("broken", "POST /proxies/broken/toxics got 503")],
)
def test_what_a_server_makes_of_a_toxic_is_compared(proxy: str, words: str) -> None:
    """Another echo, or a 503, is an error that names call and proxy."""

    async def body() -> None:
        server = await asyncio.start_server(lying_server, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, open_client() as client:
            with pytest.raises(RuntimeFailure, match=f"proxy {proxy}.*{words}"):
                await ToxiproxyServer(f"127.0.0.1:{port}", client, "token", anybody).add_toxic(
                    proxy, SLOW
                )

    in_loop(body)


def test_a_silent_server_costs_two_seconds_and_says_so() -> None:
    """The package has no time-out of its own."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def body() -> None:
        clock = RunClock(monotonic_ns())
        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, httpx.AsyncClient() as client:
            with pytest.raises(RuntimeFailure, match="no answer within 2 s"):
                await ToxiproxyServer(f"127.0.0.1:{port}", client, "token", anybody).proxies()
        assert clock.now_s() < 3

    in_loop(body)
