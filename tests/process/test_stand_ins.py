"""Stand-ins as real programs on real sockets: lost replies, a taken port, a quick end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.process
TOKEN = "process-token"
START_S_MAX = 15.0
END_S_MAX = 2.0
PAYOUT = {
    "request_id": "p-1",
    "reference": "loan-1",
    "amount_minor": 600_000,
    "currency": "CNY",
    "payee": "b-0001",
}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _start(folder: Path, port: int, **changes: Any) -> subprocess.Popen[str]:
    """Start a payment gateway on `port`."""
    callback_url = f"http://127.0.0.1:{_free_port()}/callbacks/payments"
    config = {"kind": "payment_gateway", "name": "payment_a", "host": "127.0.0.1", "port": port}
    config |= {"t0_ns": time.monotonic_ns(), "seed": 7, "options": {"callback_url": callback_url}}
    path = folder / f"{port}.json"
    path.write_text(json.dumps({**config, **changes}))
    environ = {**os.environ, "HARNESS_SERVICE_CONFIG": str(path), "HARNESS_TOKEN": TOKEN}
    command = [sys.executable, "-m", "mock_services.serve"]
    return subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True)


@contextmanager
def _gateway(folder: Path, **changes: Any) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """Give a running gateway and a client that may use its control plane."""
    port = _free_port()
    program = _start(folder, port, **changes)
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{port}",
        headers={"X-Harness-Token": TOKEN},
        timeout=5.0,
        trust_env=False,
    )
    try:
        with client:
            _wait_until_alive(program, client)
            yield program, client
    finally:
        program.kill()
        program.communicate()


def _wait_until_alive(program: subprocess.Popen[str], client: httpx.Client) -> None:
    def alive() -> bool:
        assert program.poll() is None, f"the gateway ended with code {program.returncode}"
        try:
            return client.get("/livez").status_code == 200
        except httpx.TransportError:
            return False

    _until(alive, "the gateway answers /livez")


def _until(ask: Callable[[], bool], what: str) -> None:
    """Ask until the answer is yes."""
    deadline = time.monotonic() + START_S_MAX
    while not ask():
        assert time.monotonic() < deadline, f"waited {START_S_MAX} s until {what}"
        time.sleep(0.02)


def _behave(client: httpx.Client, **rule: Any) -> None:
    document = {"rules": [{"id": "r1", "op": "create_payout", **rule}]}
    assert client.put("/_control/behaviour", json=document).status_code == 200


POST = """
import socket, sys, os
port, body, user, way = sys.argv[1:]
os.setuid(int(user))
head = f"POST /v1/payouts HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: {len(body)}\\r\\n\\r\\n"
for _ in range(20 if way == "gone at once" else 1):
    with socket.socket() as connection:
        connection.settimeout(5)
        try:
            if way == "other address":
                with socket.socket(type=socket.SOCK_DGRAM) as asked:
                    asked.connect(("192.0.2.1", 9))
                    connection.bind((asked.getsockname()[0], 0))
            connection.connect(("127.0.0.1", int(port)))
            connection.sendall((head + body).encode())
            if way != "gone at once":
                print(connection.recv(12).decode() or "closed")
        except OSError:
            print("closed")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_another_user_of_the_machine_moves_no_money(tmp_path: Path) -> None:
    """What he posts would be taken for the service's doing, a loan paid twice: not from another
    address of the machine, nor when he is gone before it is seen whose the connection is."""
    with _gateway(tmp_path) as (_, client):
        command = [sys.executable, "-c", POST, str(client.base_url.port), json.dumps(PAYOUT)]

        def post(uid: str, way: str = "") -> str:
            return subprocess.check_output([*command, uid, way], text=True).strip()

        assert post("65534", "gone at once") == ""
        assert post("65534", "other address") == "closed"
        assert post("65534") == "closed"
        assert client.get("/_ledger").json()["entries"] == []
        assert post("0") == "HTTP/1.1 200"
        assert len(client.get("/_ledger").json()["entries"]) == 1


@pytest.mark.parametrize(("effect", "entries"), [("reply_lost", 1), ("request_lost", 0)])
def test_lost_reply_is_a_closed_connection_and_the_ledger_knows(
    tmp_path: Path, effect: str, entries: int
) -> None:
    """The client sees a server that hung up, never a 500; the ledger says what happened."""
    with _gateway(tmp_path) as (program, client):
        _behave(client, effect=effect)
        for _ in range(3):
            with pytest.raises(httpx.RemoteProtocolError, match="disconnected"):
                client.post("/v1/payouts", json=PAYOUT)
        ledger = client.get("/_ledger").json()["entries"]
        assert [entry["status"] for entry in ledger] == ["SUCCESS"] * entries
        assert client.get("/_counts").json()["calls"] == {"create_payout": 3}
        program.send_signal(signal.SIGTERM)
        assert program.communicate(timeout=END_S_MAX)[1] == ""


def test_sigterm_ends_it_in_time_with_a_call_in_flight(tmp_path: Path) -> None:
    """A reply that is 60 s away does not hold the program up."""
    with _gateway(tmp_path) as (program, client):
        _behave(client, effect="slow", args={"delay_s": 60})
        with pytest.raises(httpx.ReadTimeout):
            client.post("/v1/payouts", json=PAYOUT, timeout=0.2)
        with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as raw:
            body = json.dumps({**PAYOUT, "request_id": "p-2"}).encode()
            head = f"POST /v1/payouts HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            raw.sendall(head.encode() + body)
            _until(lambda: len(client.get("/_ledger").json()["entries"]) == 2, "both are paid")
            program.send_signal(signal.SIGTERM)
            program.wait(timeout=END_S_MAX)
        assert program.returncode == 0


class _CallerServer(HTTPServer):
    """A caller that keeps the callbacks that it was sent."""

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Caller)
        self.taken: list[dict[str, Any]] = []


class _Caller(BaseHTTPRequestHandler):
    """Refuses the first callback and acknowledges the next."""

    def do_POST(self) -> None:
        """Take one callback in."""
        assert isinstance(self.server, _CallerServer)
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.taken.append(body)
        reply = b"busy" if len(self.server.taken) == 1 else b"success"
        self.send_response(200)
        self.send_header("content-length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


def test_callback_arrives_and_is_repeated_until_acknowledged(tmp_path: Path) -> None:
    """Two attempts on a real socket: one refused, one acknowledged."""
    with _CallerServer() as caller:
        url = f"http://127.0.0.1:{caller.server_port}/callbacks/payments"
        options = {"callback_url": url, "callback_delay_s": 0, "callback_gaps_s": [0.05]}
        with _gateway(tmp_path, options=options) as (_, client):
            client.post("/v1/payouts", json=PAYOUT)
            caller.timeout = END_S_MAX
            caller.handle_request()
            caller.handle_request()
            assert [body["status"] for body in caller.taken] == ["SUCCESS"] * 2
            expected = {"sent": 2, "acknowledged": 1, "failed": 1}
            _until(
                lambda: client.get("/_counts").json()["callbacks"] == expected,
                f"the callback counts are {expected}",
            )


def test_taken_port_ends_it_with_one_line(tmp_path: Path) -> None:
    """Exit code 4, and the line names the port."""
    with _gateway(tmp_path) as (_, client):
        second = _start(tmp_path, client.base_url.port or 0)
        problem = second.communicate(timeout=START_S_MAX)[1]
        assert second.returncode == 4
        assert len(problem.splitlines()) == 1
        assert f"port {client.base_url.port}" in json.loads(problem)["message"]


def test_other_host_than_loopback_is_refused(tmp_path: Path) -> None:
    """Exit code 2, and the line says what is allowed."""
    program = _start(tmp_path, _free_port(), host="0.0.0.0")
    problem = program.communicate(timeout=START_S_MAX)[1]
    assert program.returncode == 2
    assert "host: got 0.0.0.0, need a loopback address" in json.loads(problem)["message"]
