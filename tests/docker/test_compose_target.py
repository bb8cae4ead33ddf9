"""A service of somebody else's compose file, unchanged, with our proxy in between."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.ports import Capability
from harness.runtimes.docker.images import Images
from harness.target import Request, load_target
from tests.docker.a_run import a_runtime, in_loop, objects_of

COMPOSE = """\
version: "3.8"
services:
  api:
    image: {image}
    command: [python3, -c, "{program}"]
    environment: {{BANK: "http://bank:9090/livez"}}
    networks: [back]
    volumes: ["kept:/kept"]
networks: {{back: {{}}}}
volumes: {{kept: {{}}}}
"""
PROGRAM = (
    "import os, urllib.request as u, http.server as h\\n"
    "class A(h.BaseHTTPRequestHandler):\\n"
    " def do_GET(self):\\n"
    "  said = u.urlopen(os.environ['BANK'], timeout=2).read()\\n"
    "  self.send_response(200); self.send_header('Content-Length', str(len(said)))\\n"
    "  self.end_headers(); self.wfile.write(said)\\n"
    "h.ThreadingHTTPServer(('', 8080), A).serve_forever()"
)
TARGET = """\
target: composed
entry: api
programs:
  api: {compose: docker-compose.yml, port: 8080, calls: [bank], ready: {get: /, within: 60s}}
  bank: {port: 9090, stand-in: [{on: POST /pay, op: pay}]}
operations: {create: {post: /loans}}
journeys: {borrow: [{do: create}]}
"""


@pytest.mark.skipif(not shutil.which("docker-compose"), reason="needs docker compose")
def test_it_reaches_our_proxy_under_the_name_that_it_knows(tmp_path: Path, images: Images) -> None:
    """A closed link is felt by the service; afterwards nothing of its project is left."""
    text = COMPOSE.format(image=images.programs, program=PROGRAM)
    (tmp_path / "docker-compose.yml").write_text(text)
    (tmp_path / "target.yaml").write_text(TARGET)
    target = load_target(str(tmp_path / "target.yaml"))

    async def scenario() -> None:
        runtime = a_runtime(tmp_path / "run", images)
        await runtime.start(target, {})
        try:
            links = runtime.capability(Capability.LINKS)
            assert (await runtime.ask("api", Request("GET", "/"))).body == {"status": "ok"}
            await links.set_enabled("api->bank", False)
            assert (await runtime.ask("api", Request("GET", "/"))).status is None
            assert len(objects_of(tmp_path / "run")) == 6, "three programs, two networks, a volume"
        finally:
            left = await runtime.stop()
        assert left == []

    in_loop(scenario)
