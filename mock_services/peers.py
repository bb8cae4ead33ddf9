"""Which user is at the other end of a connection on this machine.

Another user of the machine can reach every port on 127.0.0.1, so what he posts would stand in the
ledger as if the service under test had asked for it. The kernel knows whose each socket is.
"""

from __future__ import annotations

import os
import socket
import struct

# Source: sock_diag(7), linux/inet_diag.h. One socket is asked for by its two ends: the time does
# not grow with the number of connections, as that of reading /proc/net/tcp does.
NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY, REQUEST, ANY_STATE, NO_COOKIE = 20, 1, 0xFFFFFFFF, b"\xff" * 8
HEADER = struct.Struct("=IHHII")
ENDS = struct.Struct("!HH16s16sI8s")
UID_AT = HEADER.size + 4 + ENDS.size + 12  # behind family to retrans, the ends, three counters
ANSWER_BYTES = 4096

Address = tuple[str, int | None]  # as uvicorn says it


def uid_of(local: Address, remote: Address) -> int | None:
    """The user of the socket whose own end is `local`.

    Returns:
        None where that cannot be seen: no such socket, one that its program has closed already, a
        kernel that does not tell.
    """
    ends = ENDS.pack(local[1] or 0, remote[1] or 0, _packed(local), _packed(remote), 0, NO_COOKIE)
    body = struct.pack("=BBBBI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0, ANY_STATE) + ends
    head = HEADER.pack(HEADER.size + len(body), SOCK_DIAG_BY_FAMILY, REQUEST, 0, 0)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as asked:
            asked.send(head + body)
            answer = asked.recv(ANSWER_BYTES)
    except OSError:
        return None
    if len(answer) < UID_AT + 8 or HEADER.unpack_from(answer)[1] != SOCK_DIAG_BY_FAMILY:
        return None
    uid, inode = struct.unpack_from("=II", answer, UID_AT)
    return int(uid) if inode else None  # without a program, the kernel says root


def is_stranger(remote: Address | None, local: Address | None) -> bool:
    """Whether a peer on this machine is another user's than ours and root's."""
    if not remote or not local or not remote[0].startswith("127."):
        return False
    return uid_of(remote, local) not in (None, 0, os.geteuid())


def _packed(address: Address) -> bytes:
    return socket.inet_aton(address[0]).ljust(16, b"\0")
