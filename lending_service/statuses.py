"""What the status of a third party's reply says of the call, and `Retry-After`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Literal

Verdict = Literal["ok", "denied", "error"]

REFUSALS = frozenset(
    {
        (403, "segment_refused"),
        (404, "not_found"),
        (409, "quota_exhausted"),
        (409, "request_id_reused"),
        (409, "wrong_state"),
        (422, "bad_body"),
    }
)
"""What our third parties' contracts have besides 2xx. Anything else may come from a proxy."""
TRANSIENT = (408, 425, 429)
"""The 4xx that say: not now. Source: RFC 9110 15.5.9, RFC 8470 5.2, RFC 6585 4."""


def verdict(status: int, body: Mapping[str, object]) -> Verdict:
    """What a whole reply says.

    Returns:
        ok: a word of the contract, also a business refusal. denied: a 4xx that is none, such as
        401 or 403: the same call will not do better by itself. error: everything else.
    """
    if 200 <= status < 300 or (status, body.get("code")) in REFUSALS:
        return "ok"
    return "denied" if 400 <= status < 500 and status not in TRANSIENT else "error"


def retry_after_s(value: str | None, date: str | None, now: datetime) -> float | None:
    """What `Retry-After` asks for, s; None when it asks for nothing that can be read.

    Args:
        value: of the header: seconds or an HTTP date.
        date: of the header `Date`: the instant by the clock that also made the HTTP date.
        now: by our own clock, for a reply without `Date`.

    Source: RFC 9110 10.2.3.
    """
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value)
    until, sent = _moment(value), _moment(date) or now
    return None if until is None else max(0.0, (until - sent).total_seconds())


def _moment(text: str | None) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return instant if instant.tzinfo else None
