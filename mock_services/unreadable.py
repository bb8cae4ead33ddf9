"""Bodies that are not what a contract says of them."""

from __future__ import annotations

import msgspec

from mock_services.routes import JSON, TEXT

PAGE = b"<html><body><h1>Please try again</h1></body></html>"


Sent = tuple[bytes, tuple[tuple[bytes, bytes], ...], bytes]
"""Body, further headers, content type."""


def unreadable(body: object, form: str) -> Sent:
    """What is sent in place of a body.

    Args:
        form: `html`, `empty`, `truncated`, `list`, or `words` (the same with unknown words).
    """
    told = msgspec.json.encode(body)
    raw, media_type = {
        "html": (PAGE, b"text/html"),
        "empty": (b"", TEXT),
        "truncated": (told[: len(told) // 2], JSON),
        "list": (b"[" + told + b"]", JSON),
        "words": (msgspec.json.encode(_no_word(body)), JSON),
    }[form]
    return raw, (), media_type


def _no_word(told: object) -> object:
    if isinstance(told, dict):
        return {name: _no_word(value) for name, value in told.items()}
    if isinstance(told, list):
        return [_no_word(value) for value in told]
    return "?" if isinstance(told, str) else told
