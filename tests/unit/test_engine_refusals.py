"""What the Docker engine refuses, said so that people know what to do; no engine is asked."""

from __future__ import annotations

import socket
from typing import Any, NoReturn

import pytest
import requests
from docker.errors import APIError, BuildError

from harness.errors import RuntimeFailure
from harness.runtimes.docker import images
from harness.runtimes.docker.engine import connect, guarded

FULL = "write /var/lib/docker/tmp/x: no space left on device"
PORT = "driver failed: Bind for 127.0.0.1:20033 failed: port is already allocated"


def refusing(error: Exception) -> Any:
    """A call of the SDK that fails."""

    def call(*_: Any, **__: Any) -> NoReturn:
        raise error

    return call


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (APIError("500", explanation=FULL), "docker system df"),
        (APIError("500", explanation=PORT), "that takes other ports"),
        (requests.ConnectionError("Connection aborted"), "the engine does not answer"),
    ],
)
def test_a_refusal_names_what_was_tried_the_cause_and_the_remedy(
    error: Exception, remedy: str
) -> None:
    """Of a full disk, a port taken, an engine that is gone; exit 4."""
    with pytest.raises(RuntimeFailure, match=rf"^container lending: .*{remedy}") as caught:
        guarded("container lending", refusing(error))
    assert str(getattr(error, "explanation", error)) in str(caught.value)
    assert caught.value.exit_code == 4


def test_a_user_whom_the_engine_does_not_let_in_is_told_the_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The commonest trouble with an engine that runs."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(socket.socket, "connect", refusing(PermissionError(13, "denied")))
    with pytest.raises(RuntimeFailure, match=r"/var/run/docker\.sock: .*usermod -aG docker"):
        connect()


def test_a_build_on_a_full_disk_says_what_to_remove(monkeypatch: pytest.MonkeyPatch) -> None:
    """Besides its last lines."""
    failing = BuildError("exit code 1", iter([{"stream": "Step 3/9"}, {"error": FULL}]))
    client = type("Client", (), {"images": type("Images", (), {"build": refusing(failing)})})
    with pytest.raises(RuntimeFailure, match=r"(?s)docker system df.*Step 3/9"):
        images._build(client, b"", "compose/Dockerfile", "programs", "ours:1", {})
