"""What came back, as a history can hold it."""

from __future__ import annotations

import pytest

from harness.request import decoded


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b"[1]", {"items": [1]}),
        (b"", {}),
        (b"<html>", {}),
        (b"[" * 200_000, {}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        (b'{"a": "\\ud83d"}', {}),
        (b'{"a": "\xff"}', {}),
        (b'{"a": NaN}', {}),
        (b'{"a": -Infinity}', {}),
        (b'{"a": 1e999}', {}),
        (b'{"a": ' + b"9" * 400 + b".5}", {}),
        (b'{"a": ' + b"9" * 4000 + b"}", {}),
        (b'{"a": 9223372036854775807}', {"a": 2**63 - 1}),
        (b'{"a": [1.5e300, "NaN"]}', {"a": [1.5e300, "NaN"]}),
    ],
)
def test_what_no_history_can_hold_is_no_body(content: bytes, body: dict[str, object]) -> None:
    """However a service answers: what it says ends no run."""
    assert decoded(content) == body
