"""What every refusal has to say, what must not be in it, and what has to be refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.model import Op

AMOUNT_MAX, TERM_MAX = 1_000_000_000, 60
ANY = "consumer"
SEGMENTS = (ANY, "sme")
INTERNAL = "internal"  # what broke inside the service is its own mistake, however well it is told


def form(op: Op, statuses: Mapping[str, int]) -> Iterator[str]:
    """What is wrong with a refusal whatever it speaks of.

    Args:
        statuses: code -> HTTP status that it is declared to come with.
    """
    status, value = op.value.get("http_status") or 0, op.value
    retryable, wait_s = value.get("retryable"), value.get("retry_after_s")
    if not value.get("message"):
        yield "says nothing for people"
    if retryable is not (wait_s is not None):
        yield f"calls itself retryable {retryable!r} with retry_after_s {wait_s!r}"
    elif wait_s is not None and not wait_s > 0:
        yield f"asks to come back after {wait_s!r} s"
    if retryable and 400 <= status < 500:
        yield f"is the borrower's own doing ({status}) and calls a retry helpful"
    if status >= 500 and retryable is False:
        yield f"is the service's own fault ({status}) and calls a retry useless"
    known = (op.k, op.request.get("loan_id"))
    if not {*map(str, known)} & {str(value.get("reference")), *_parts(value.get("reference"))}:
        yield f"refers to {value.get('reference')!r}, which is none of {known}"
    if op.err == INTERNAL:
        yield "broke inside of the service"
    declared = statuses.get(op.err, status)
    if status and declared != status:
        yield f"comes with HTTP {status}, declared {declared}"


def _parts(reference: object) -> list[str]:
    """Of a path, or of a key with what it is for before it."""
    return str(reference).replace(":", "/").split("/")


def fits(op: Op) -> bool:
    """Whether a write has a key and a body as the contract asks for."""
    asked = op.request
    if not op.k or not 1 <= asked.get("amount_minor", 1) <= AMOUNT_MAX:
        return False
    return 1 <= asked.get("term_months", 1) <= TERM_MAX and asked.get("segment", ANY) in SEGMENTS
