"""The lending service on a real PostgreSQL and real sockets."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import yaml

from lending_service.book import book
from lending_service.domain import Exposure
from lending_service.http_client import HttpClient
from lending_service.ports import NoReply, Refused
from lending_service.stores.port import CommitUnknown, NotTheWriter, Store, StoreUnavailable
from lending_service.stores.postgres import Commits, PostgresStore
from tests.unit.lending_service.store_conformance import CONFORMANCE
from tests.unit.lending_service.world import UPSTREAMS

ROOT = Path(__file__).parents[2]
START_S = 15.0


def free_port() -> int:
    """A port that nobody has at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def binaries() -> Path:
    """Where PostgreSQL's programs are, or the test is skipped."""
    named = os.environ.get("HARNESS_PG_BIN")
    found = [Path(named)] if named else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found or not (found[-1] / "initdb").exists():
        pytest.skip("no PostgreSQL here: set HARNESS_PG_BIN to the folder that holds initdb")
    return found[-1]


@pytest.fixture(scope="module")
def postgres_port() -> Iterator[int]:
    """A PostgreSQL server of our own on loopback, gone afterwards."""
    bin_, port = binaries(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="lending-pg-"))
    who: dict[str, Any] = {}
    if os.getuid() == 0:  # initdb refuses root
        nobody = pwd.getpwnam("nobody")
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    data = str(folder / "data")
    initdb = [str(bin_ / "initdb"), "-D", data, "-U", "lending", "-A", "trust", "-E", "UTF8", "-N"]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, timeout=60, **who)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
    server = subprocess.Popen(
        [bin_ / "postgres", "-D", data, *options.split()],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **who,
    )
    try:
        asyncio.run(wait_for_postgres(port))
        yield port
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=15)
        shutil.rmtree(folder)


async def wait_for_postgres(port: int) -> None:
    """Until it takes connections."""
    deadline_s = time.monotonic() + START_S
    while True:
        try:
            store = await PostgresStore.connect([("127.0.0.1", port)], "lending", "postgres")
        except StoreUnavailable:
            if time.monotonic() > deadline_s:
                raise
            await asyncio.sleep(0.1)
        else:
            await store.close()
            return


async def fresh_store(port: int) -> PostgresStore:
    """The store with empty tables."""
    store = await PostgresStore.connect([("127.0.0.1", port)], "lending", "postgres")
    await store._pool.execute("TRUNCATE records, outbox")
    return store


@pytest.mark.parametrize(("commit_wait", "shown"), [("cancel", True), ("abandon", False)])
def test_a_commit_without_its_standby_is_unknown_and_shown_only_when_its_wait_is_cancelled(
    postgres_port: int, commit_wait: str, shown: bool
) -> None:
    """As the simulation has it: a cancelled wait shows what one machine alone has."""

    async def run() -> None:
        await set_standby(postgres_port, "nobody")
        try:
            store = await PostgresStore.connect(
                [("127.0.0.1", postgres_port)], "lending", "postgres",
                Commits("on", commit_wait, "keep"),
            )  # fmt: skip
            with pytest.raises(CommitUnknown):
                async with store.transaction() as tx:
                    await tx.put(Exposure(id=commit_wait, count=1))
            assert (await store.read(Exposure, commit_wait) is not None) == shown
            await store.close()
        finally:
            await set_standby(postgres_port, "")

    asyncio.run(run())


async def set_standby(port: int, name: str) -> None:
    """Let commits wait for a standby of this name, or for none."""
    admin = await asyncpg.connect(
        host="127.0.0.1", port=port, user="lending", database="postgres", ssl=False
    )
    await admin.execute("SET synchronous_commit = local")
    await admin.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
    await admin.execute("SELECT pg_reload_conf()")
    # A reload tells nobody when it is done.
    shown = "SHOW synchronous_standby_names"
    while await admin.fetchval(shown) != name:  # noqa: ASYNC110 - a reload has no event
        await asyncio.sleep(0.01)
    await admin.close()


def test_one_instance_writes_in_an_epoch_and_the_other_one_is_fenced(postgres_port: int) -> None:
    """Who holds it renews it, also while it writes; once it is another's, its commits fail."""

    async def run() -> None:
        a, b = await fresh_store(postgres_port), await fresh_store(postgres_port)
        mine, other = a.epochs("a", 60.0, 0.0), b.epochs("b", 60.0, 0.0)
        await mine.prepare()
        await other.prepare()
        assert [await mine.held(), await other.held()] == [1, 0]
        a.epoch = 1
        async with a.transaction() as tx:
            assert await mine.held() == 1
            await tx.put(Exposure(id="first", count=1))
        await b._pool.execute("UPDATE writer SET until = '-infinity'")
        assert [await other.held(), await mine.held()] == [2, 0]
        with pytest.raises(NotTheWriter):
            async with a.transaction() as tx:
                await tx.put(Exposure(id="second", count=1))
        assert await b.read(Exposure, "first")
        assert not await b.read(Exposure, "second")
        await a.close()
        await b.close()

    asyncio.run(run())


@pytest.mark.parametrize("promise", CONFORMANCE, ids=lambda promise: promise.__name__)
def test_postgres_store(postgres_port: int, promise: Callable[[Store], Awaitable[None]]) -> None:
    """One promise of the store port, on a real server."""

    async def run() -> None:
        store = await fresh_store(postgres_port)
        try:
            await promise(store)
        finally:
            await store.close()

    asyncio.run(run())


def test_book_of_400_is_loaded_within_half_a_second(postgres_port: int) -> None:
    """The start of a run is not spent on the book."""

    async def run() -> float:
        store = await fresh_store(postgres_port)
        try:
            begun_s = time.monotonic()
            await store.load(book(400, 0.0))
            return time.monotonic() - begun_s
        finally:
            await store.close()

    assert asyncio.run(run()) < 0.5


async def cut(store: PostgresStore) -> None:
    """A transaction whose connection the server ends half-way."""
    async with store.transaction() as tx:
        await tx.put(Exposure(id="cut"))
        await store._pool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE state = 'idle in transaction'"
        )
        await tx.put(Exposure(id="cut", count=2))


def test_connection_lost_in_a_transaction_changes_nothing_and_heals(postgres_port: int) -> None:
    """A cut connection is StoreUnavailable, and the next transaction finds a new one."""

    async def run() -> None:
        store = await fresh_store(postgres_port)
        try:
            with pytest.raises(StoreUnavailable):
                await cut(store)
            assert store.outcomes["error"] >= 1
            assert await store.read(Exposure, "cut") is None
            async with store.transaction() as tx:
                await tx.put(Exposure(id="cut", count=3))
        finally:
            await store.close()

    asyncio.run(run())


Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def called_at(peer: Peer | None, times: int = 1, method: str = "POST") -> tuple[list[str], int]:
    """Call a peer so many times: what each call came to, and how many requests it read."""
    requests = 0

    async def counted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                requests += 1
                assert peer is not None
                await peer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def run() -> list[str]:
        port = free_port()
        server = await asyncio.start_server(counted, "127.0.0.1", port) if peer else None
        client = HttpClient({"payment_a": f"http://127.0.0.1:{port}"}, 0.5)
        outcomes = []
        for _ in range(times):
            try:
                reply = await client.call("payment_a", method, "/v1/payouts", {}, 0.3)
                outcomes.append(str(reply.status))
            except (Refused, NoReply) as error:
                outcomes.append(type(error).__name__)
            await asyncio.sleep(0.05)
        await client.close()
        if server is not None:
            server.close()
        return outcomes

    return asyncio.run(run()), requests


async def _close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    writer.transport.abort()


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0.6)


async def _cut_short(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")
    await writer.drain()
    writer.close()


async def _garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\x01 not http\r\n\r\n")
    await writer.drain()
    writer.close()


async def _well_then_closed_idle(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    await writer.drain()
    writer.close()


def test_nobody_listening_is_refused() -> None:
    """Definitely not sent: another gateway may be used."""
    assert called_at(None) == (["Refused"], 0)


@pytest.mark.parametrize("peer", [_close, _reset, _silent, _cut_short, _garbage])
def test_anything_lost_after_sending_is_unknown_and_a_post_is_sent_once(peer: Peer) -> None:
    """The library's own names would call a closed connection a connect time-out: not sent."""
    assert called_at(peer) == (["NoReply"], 1)


def test_connection_closed_while_idle_is_not_used_again() -> None:
    """A peer that closes after each reply costs nobody a payment."""
    assert called_at(_well_then_closed_idle, times=5) == (["200"] * 5, 5)


def config(folder: Path, **changes: Any) -> Path:
    """A configuration file for the service on a memory store."""
    design = yaml.safe_load((ROOT / "chaos/designs/hardened.yaml").read_text(encoding="utf-8"))
    document = {
        "name": "lending",
        "host": "127.0.0.1",
        "port": free_port(),
        "t0_ns": time.monotonic_ns(),
        "seed": 7,
        "design": design,
        "database": None,
        "upstreams": {
            name: {"kind": kind, "url": f"http://127.0.0.1:{free_port()}"}
            for name, kind in UPSTREAMS.items()
        },
        "book": {"borrowers": 400},
        **changes,
    }
    file = folder / "lending.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def start(file: Path) -> subprocess.Popen[str]:
    """The service as a program."""
    return subprocess.Popen(
        [sys.executable, "-m", "lending_service.serve"],
        cwd=ROOT,
        env={**os.environ, "HARNESS_SERVICE_CONFIG": str(file), "HARNESS_TOKEN": "unused"},
        stderr=subprocess.PIPE,
        text=True,
    )


def ask(port: int, path: str) -> int | None:
    """The status of a GET, or None."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2.0) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            return int(connection.recv(99).split()[1])
    except OSError:
        return None


def test_service_on_postgres_becomes_ready_and_ends_within_two_seconds(
    postgres_port: int, tmp_path: Path
) -> None:
    """Start, ready, SIGTERM, exit code 0, nothing on stderr."""
    database = {
        "host": "127.0.0.1",
        "port": postgres_port,
        "user": "lending",
        "database": "postgres",
    }
    file = config(tmp_path, database=database)
    port = json.loads(file.read_text())["port"]
    service = start(file)
    try:
        deadline_s = time.monotonic() + START_S
        while ask(port, "/readyz") != 200:
            assert service.poll() is None, service.communicate()[1]
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        assert ask(port, "/v1/loans/loan-b-0400") == 200
        begun_s = time.monotonic()
        service.terminate()
        assert service.wait(timeout=5) == 0
        assert time.monotonic() - begun_s < 2.0
        assert service.communicate()[1] == ""
    finally:
        service.kill()
        service.wait()


@pytest.mark.parametrize(
    ("changes", "code", "word"),
    [
        ({"colour": "red"}, 2, "colour"),
        ({"host": "0.0.0.0"}, 2, "loopback"),
        ({"port": 0}, 2, "need 1..65535"),
        ({"design": {"name": "x"}}, 2, "submit: missing, need queue | sync"),
        ({"port": None}, 2, "port"),
    ],
)
def test_bad_configuration_is_one_line_and_exit_code_2(
    tmp_path: Path, changes: dict[str, Any], code: int, word: str
) -> None:
    """What is wrong and what is allowed; nothing is started."""
    service = start(config(tmp_path, **changes))
    _, text = service.communicate(timeout=START_S)
    assert service.returncode == code
    assert word in text
    assert text.count("\n") == 1


def test_taken_port_is_exit_code_4(tmp_path: Path) -> None:
    """The message names the port."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        service = start(config(tmp_path, port=port))
        _, text = service.communicate(timeout=START_S)
    assert service.returncode == 4
    assert str(port) in text


def test_service_that_waits_for_its_database_can_be_ended(tmp_path: Path) -> None:
    """SIGTERM is heard before the service is up."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(START_S)
        port = silent.getsockname()[1]
        database = {"host": "127.0.0.1", "port": port, "user": "u", "database": "d"}
        service = start(config(tmp_path, database=database))
        with silent.accept()[0]:
            service.terminate()
            assert service.wait(timeout=START_S) == 0
    assert service.communicate()[1] == ""
