"""The SDK of the Docker engine, at a socket that answers as an engine does."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer

import pytest

from harness.runtimes.docker.engine import connect

pytestmark = pytest.mark.process


class Answers(BaseHTTPRequestHandler):
    """Every path is an empty object, and a connection is kept for whoever keeps it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        body = b'{"ApiVersion": "1.41"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.headers.get("Connection") == "close":  # as Go's server says
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def address_string(self) -> str:
        """A Unix socket has none."""
        return ""


def test_the_engine_is_asked_by_many_and_about_much_and_no_descriptor_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who ends a run has few of them at times; a list of twelve containers is thirteen paths."""
    path = tmp_path / "engine.sock"
    with ThreadingUnixStreamServer(str(path), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        client = connect()
        before = _open(path)
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(client.api.inspect_container, map(str, range(60))))
        after = _open(path)
        client.close()
        server.shutdown()

    assert len(answers) == 60
    assert after <= before


def _open(path: Path) -> int:
    """Connections that this process, as the caller, has open to the socket."""
    inodes = {
        os.readlink(f"/proc/self/fd/{fd}")
        for fd in os.listdir("/proc/self/fd")
        if os.path.lexists(f"/proc/self/fd/{fd}")
    }
    rows = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    return sum(
        f"socket:[{row[6]}]" in inodes and row[-1] != str(path) and row[5] == "03"
        for row in rows
        if len(row) == 7
    )
