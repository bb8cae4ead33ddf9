"""Answers to borrowers, read no further than a history holds.

A service that never stops, or that packs what nobody asked it to pack, takes neither the memory
nor the time of the load: gevent hands a socket that always has data to nobody else, so that not
even a time-out would come.
"""

from __future__ import annotations

from geventhttpclient import client
from geventhttpclient.response import HTTPParseError, HTTPSocketPoolResponse
from locust import FastHttpUser
from locust.contrib.fasthttp import FastResponse

from harness.target import BODY_MAX

HEAD_MAX = 64 << 10  # bytes of a status line with its headers; chosen: servers send 1 KiB
PLAIN = "identity"


class _Response(HTTPSocketPoolResponse):
    """One whose head ends."""

    _head_bytes = 0

    def feed(self, data: str | bytes) -> None:
        if not self.headers_complete or self.get_code() < 200:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_MAX:
                raise HTTPParseError(f"a head of more than {HEAD_MAX} bytes")
        super().feed(data)


class _Answer(FastResponse):
    """The beginning of a body; none of one that is packed, since no request asks for that."""

    def _content(self) -> bytes:
        if self.headers is None or self._response is None:
            return b""
        raw = self._response.read(BODY_MAX + 1)
        self.release()
        packed = {*map(str.lower, self.headers.getlist("content-encoding"))} - {PLAIN}
        return b"" if packed else raw


def bound(user: FastHttpUser) -> None:
    """Read the answers to a user so; the heads of all answers from now on, in this process."""
    client.HTTPSocketPoolResponse = _Response  # type: ignore[attr-defined]  # no seam
    user.client.client.response_type = _Answer  # type: ignore[misc]  # of this client alone
