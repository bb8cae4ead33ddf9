"""What travels in the simulation: a whole request, a whole reply."""

from __future__ import annotations

import msgspec

Headers = tuple[tuple[bytes, bytes], ...]
JSON: Headers = ((b"content-type", b"application/json"),)
HEAD_BYTES = 160  # chosen: request or status line and usual headers, for what goes by size


class Ask(msgspec.Struct, frozen=True, gc=False):
    """A request.

    Args:
        path: with its query string, as it stands in the request line.
        headers: names in lower case.
        closes: whether the connection ends with the reply, as borrowers want theirs.
    """

    method: str
    path: str
    headers: Headers = ()
    body: bytes = b""
    closes: bool = False

    @property
    def size(self) -> int:
        """Bytes on the wire, about."""
        return HEAD_BYTES + len(self.path) + len(self.body)


class Reply(msgspec.Struct, frozen=True, gc=False):
    """A reply."""

    status: int
    headers: Headers
    body: bytes

    @property
    def size(self) -> int:
        """Bytes on the wire, about."""
        return HEAD_BYTES + len(self.body)


BROKEN = Reply(500, ((b"content-type", b"text/plain; charset=utf-8"),), b"Internal Server Error")
"""What a server answers for an application that raised."""
