"""A service that does next to nothing: it lives, counts and keeps a behaviour document."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import uvicorn

BIG = 64 * 2**20  # more than all buffers on the way hold


class Trivial:
    """Raw ASGI.

    Args:
        config: the service's configuration document.
        token: of the control routes.
    """

    def __init__(self, config: Mapping[str, Any], token: str) -> None:
        self.name = config["name"]
        self.token = token.encode()
        self.calls = 0
        self.behaviour: dict[str, Any] = {"rules": []}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        status, document = self._answer(scope, (await receive()).get("body", b""))
        body = json.dumps(document).encode()
        if scope["path"] == "/big":
            body = bytes(BIG)
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, scope: Any, body: bytes) -> tuple[int, Mapping[str, Any]]:
        path = scope["path"]
        if path.startswith("/_") and dict(scope["headers"]).get(b"x-harness-token") != self.token:
            return 403, {"code": "token"}
        if path == "/_control/behaviour":
            if scope["method"] == "PUT":
                self.behaviour = json.loads(body)
            return 200, self.behaviour
        if path == "/_counts":
            hits = {rule["id"]: self.calls for rule in self.behaviour["rules"]}
            return 200, {"calls": {"work": self.calls}, "rules": hits}
        self.calls += path == "/work"
        return 200, {"status": "ok", "name": self.name}


def main() -> None:
    """Serve until SIGTERM; `fail` in the configuration ends it at once."""
    config = json.loads(Path(os.environ["HARNESS_SERVICE_CONFIG"]).read_bytes())
    if config.get("fail"):
        sys.exit("trivial: told to fail")
    app = Trivial(config, os.environ["HARNESS_TOKEN"])
    uvicorn.run(app, host=config["host"], port=config["port"], log_level="error", lifespan="off")


if __name__ == "__main__":
    main()
