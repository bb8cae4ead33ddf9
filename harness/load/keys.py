"""What follows from the token of a load, each for one purpose: who knows one, knows no other.

Locust's port is closed to whoever does not know the token: its messages are encrypted (CURVE of
ZeroMQ, libzmq's zmq_curve(7)) with keys that follow from it. The handshake needs the public key of
the coordinator, which is told to nobody; so a stranger sends it no message, is counted as no
worker, and reads nothing on a network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

PURPOSES = COORDINATOR, WORKER, PAGE = "coordinator", "worker", "page"


def derived(token: str, purpose: str) -> bytes:
    """32 bytes."""
    return hashlib.sha256(f"{purpose} of {token}".encode()).digest()


def page_token(token: str) -> str:
    """Of Locust's page. A browser hands its cookie to every port of the machine, whoever listens
    there, so it must not be the token of the load, which moves borrowers."""
    return derived(token, PAGE).hex() if token else ""


def encrypt(socket: type[Any], token: str) -> None:
    """Let every socket of Locust that is made from now on speak to who knows the token alone.

    Args:
        socket: `locust.rpc.zmqrpc.BaseSocket`, of a process whose load this is.
        token: of the load; "" leaves Locust as it is.
    """
    if token:
        socket.__init__ = _encrypted(socket.__init__, token)


def _encrypted(made: Callable[..., None], token: str) -> Callable[..., None]:
    import zmq
    from zmq.utils import z85

    secrets = {who: z85.encode(derived(token, who)) for who in (COORDINATOR, WORKER)}
    coordinator = zmq.curve_public(secrets[COORDINATOR])

    def make(self: Any, sock_type: int, *args: Any, **options: Any) -> None:
        made(self, sock_type, *args, **options)
        if sock_type == zmq.ROUTER:
            self.socket.curve_server = True
            self.socket.curve_secretkey = secrets[COORDINATOR]
        else:
            self.socket.curve_serverkey = coordinator
            self.socket.curve_publickey = zmq.curve_public(secrets[WORKER])
            self.socket.curve_secretkey = secrets[WORKER]

    return make
