"""A service of somebody else's compose file, unchanged, with our proxy in between."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import fastapi
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
EXAMPLES = Path(__file__).parents[2] / "docs/examples"
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


@pytest.mark.skipif(not shutil.which("docker-compose"), reason="needs docker compose")
@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="FastAPI is of this environment")
def test_a_lender_with_its_database_comes_out_of_its_compose_file(
    tmp_path: Path, images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It pays by the stand-in that it calls by name; what its books say is asked as a promise
    asks."""
    monkeypatch.setenv("SITE", str(Path(fastapi.__file__).parents[1]))
    monkeypatch.setenv("LENDER_IMAGE", images.programs)
    monkeypatch.setenv("DATABASE_IMAGE", images.database)
    target = load_target(str(EXAMPLES / "mylender/target_docker.yaml"))

    async def scenario() -> None:
        runtime = a_runtime(tmp_path / "run", images)
        await runtime.start(target, {})
        try:
            wanted = {"customer_id": "c-1", "amount_cents": 500}
            made = await runtime.ask("mylender", Request("POST", "/loans", body=wanted))
            assert (made.status, made.body["status"]) == (201, "active")
            told = await runtime.query("database", "SELECT amount_cents, status FROM loans")
            assert told == {"count": 1, "rows": [{"amount_cents": 500, "status": "active"}]}
            assert "read-only" in str(await runtime.query("database", "DROP TABLE loans"))
        finally:
            left = await runtime.stop()
        assert left == []

    in_loop(scenario)


@pytest.mark.nightly
@pytest.mark.skipif(not shutil.which("docker-compose"), reason="needs docker compose")
@pytest.mark.skipif(not Path("/usr/bin/node").exists(), reason="needs Node")
@pytest.mark.parametrize(("design", "code"), [([], 1), (["--design", "mended.yaml"], 0)])
def test_a_lender_in_a_container_pays_twice_until_it_is_mended(
    tmp_path: Path, images: Images, design: list[str], code: int
) -> None:
    """The finding of the run on processes, out of the compose file."""
    folder = shutil.copytree(EXAMPLES / "nodelender", tmp_path / "nodelender")
    words = ["--target", "target_docker.yaml", "--runtime", "docker", "--seed", "1", *design]
    argv = [str(Path(sys.executable).with_name("harness")), "run", "reply_lost.yaml", *words]
    env = {**os.environ, "LENDER_IMAGE": images.programs}
    run = subprocess.run(
        argv, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=170
    )
    assert run.returncode == code, run.stdout + run.stderr
