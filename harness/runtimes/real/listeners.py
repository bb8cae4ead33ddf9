"""Who listens at a port of this machine: a secret goes to nobody else.

    /proc/net/tcp, tcp6 ── sockets that listen at the port ──inode──> /proc/PID/fd of our programs

A port says nothing of its owner: another user can take one before us, or in the instant in which
one of our programs is restarted.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from pathlib import Path

from harness.procfs import PROC, Proc, listeners


def _word(network: int) -> str:
    """32 bits in network order, as the kernel prints them: in the machine's own order."""
    return f"{struct.unpack('=I', struct.pack('!I', network))[0]:08X}"


# Whoever listens at one of these takes connections to 127.0.0.1.
LOOPBACK = _word(0x7F000001)
TAKERS = ("0" * 8, LOOPBACK, "0" * 32, "0" * 16 + _word(0x0000FFFF) + LOOPBACK)


def listening(port: int) -> dict[str, int]:
    """The sockets that take connections to a port of 127.0.0.1: inode -> user id."""
    return {inode: uid for address, inode, uid in listeners(port) if address in TAKERS}


def holds_all(procs: Iterable[Proc], inodes: set[str]) -> bool:
    """Whether these processes hold every one of the sockets, and there is one."""
    wanted = set(inodes)
    for proc in procs:
        if not wanted:
            break
        if proc.lives:
            wanted -= _sockets(proc.pid)
    return bool(inodes) and not wanted


def _sockets(pid: int) -> set[str]:
    """Inodes of the sockets that a process holds; none of one that is gone, or another user's."""
    folder = PROC / str(pid) / "fd"
    found = set()
    try:
        for name in os.listdir(folder):
            link = _link(folder / name)
            if link.startswith("socket:["):
                found.add(link[len("socket:[") : -1])
    except OSError:
        return found
    return found


def _link(path: Path) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""  # closed meanwhile
