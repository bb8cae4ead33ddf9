"""Ports of this machine for a run: a block below the ephemeral range that no other run has.

Which block is not to be foretold: who knew it could listen there first. Who listens is looked up
before a secret is sent all the same (listeners.py).
"""

from __future__ import annotations

import socket

from harness.errors import RuntimeFailure
from harness.rng import fresh_index

HOST = "127.0.0.1"
FIRST, LAST = 20_000, 32_000  # below 32768, where Linux hands out ports of its own accord
BLOCK = 64  # chosen: a run of the reference target needs 25


class PortBlock:
    """Consecutive free ports, held until `release`.

    The first port of a block is bound, never listened on, by whoever owns the block: a lock that
    the kernel lifts when its owner dies.
    """

    def __init__(self, guard: socket.socket, ports: list[int]) -> None:
        """Keep the guard."""
        self._guard = guard
        self.ports = ports

    def release(self) -> None:
        """Let another run have the block."""
        self._guard.close()


def take_ports(count: int) -> PortBlock:
    """Find a block with `count` free ports.

    Raises:
        RuntimeFailure: more than a block holds, or none is free.
    """
    if count > BLOCK - 1:
        raise RuntimeFailure(f"the target needs {count} ports; a run has at most {BLOCK - 1}")
    blocks = (LAST - FIRST) // BLOCK
    begin = fresh_index(blocks)
    for step in range(blocks):
        first = FIRST + (begin + step) % blocks * BLOCK
        if guard := _bind(first, share=False):
            ports = [*range(first + 1, first + 1 + count)]
            if all(is_free(port) for port in ports):
                return PortBlock(guard, ports)
            guard.close()
    raise RuntimeFailure(
        f"no {count} free ports in a row in {FIRST}..{LAST} on {HOST}: {blocks} blocks tried; "
        "end other runs (harness faults list)"
    )


def is_free(port: int) -> bool:
    """Whether nobody listens on a port of ours."""
    probe = _bind(port, share=True)
    if probe:
        probe.close()
    return probe is not None


def _bind(port: int, *, share: bool) -> socket.socket | None:
    """Bind a port; `share` tolerates old connections on it (TIME_WAIT), never a listener."""
    probe = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(share))
        probe.bind((HOST, port))
    except OSError:
        probe.close()
        return None
    return probe
