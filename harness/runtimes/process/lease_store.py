"""Closes an etcd to whoever has not the password of the run: another user of the machine could take
the leader key away, and the failover that follows would stand in the verdict.

Its users are in its data folder, so that it is closed after a restart too.
"""

from __future__ import annotations

from functools import partial

from harness.errors import RuntimeFailure
from harness.runtimes.process.site import Site
from harness.runtimes.real.sockets import once_connected, send
from harness.target import Request

ADMIN = "root"  # Source: etcd, "Role-based access control": the one user and role there must be


async def close_to_others(site: Site, store: str, password: str) -> None:
    """From here on, every call needs the password.

    Raises:
        RuntimeFailure: it refused, or somebody else listens at its address; nothing was sent then.
    """
    address = f"http://{site.address(store)}"
    proven = once_connected(partial(site.prove, store))
    for path, body in (
        ("user/add", {"name": ADMIN, "password": password}),
        ("user/grant", {"user": ADMIN, "role": ADMIN}),
        ("enable", {}),
    ):
        request = Request("POST", f"/v3/auth/{path}", body=body)
        answer = await send(site.orders, address, request, extensions=proven)
        if answer.status != 200:
            why = answer.body.get("message") or answer.error or answer.status
            raise RuntimeFailure(f"{store} at {address}: {request.path} got {why}; need 200")
