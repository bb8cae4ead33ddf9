"""Which user is at the other end of a connection on this machine.

Another user of the machine can reach every port on 127.0.0.1, so what he posts would stand in the
ledger as if the service under test had asked for it. The kernel knows whose each socket is, until
its program closes it. Then it depends on how long that took: a caller who gave up has waited, one
who posts and is gone at once hides who he is.
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
# Source: linux/tcp.h. Of a connection on which nothing was sent yet, that is its age.
TCP_INFO_BYTES, LAST_DATA_SENT_MS_AT, ESTABLISHED = 104, 44, 1
GAVE_UP_MS = 200  # chosen: less than a caller waits for an answer, more than a program is slow

Address = tuple[str, int]


def uid_of(local: Address, remote: Address) -> int | None:
    """The user of the socket whose own end is `local`.

    Returns:
        None where that cannot be seen: no such socket, one that its program has closed already, a
        kernel that does not tell.
    """
    ends = ENDS.pack(local[1], remote[1], _packed(local), _packed(remote), 0, NO_COOKIE)
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
    return int(uid) if inode or uid else None  # without a program, the kernel may say root


def is_stranger(connection: socket.socket) -> bool:
    """Whether a peer on this machine is another user's than ours and root's, or hides it.

    Args:
        connection: accepted, before anything was sent.
    """
    local = connection.getsockname()
    if not local[0].startswith("127."):
        return False  # of who is on another machine, or in a container, nothing can be seen
    try:
        uid = uid_of(connection.getpeername(), local)
    except OSError:  # it has reset the connection
        uid = None
    return _gone_at_once(connection) if uid is None else uid not in (0, os.geteuid())


def _gone_at_once(connection: socket.socket) -> bool:
    """Whether the peer has closed already, sooner than a caller gives up."""
    told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_BYTES)
    (age_ms,) = struct.unpack_from("=I", told, LAST_DATA_SENT_MS_AT)
    return told[0] != ESTABLISHED and age_ms < GAVE_UP_MS


def _packed(address: Address) -> bytes:
    return socket.inet_aton(address[0]).ljust(16, b"\0")
