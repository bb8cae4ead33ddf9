"""Values of users: a CSV file with a head, one row a user."""

from __future__ import annotations

import csv
from pathlib import Path

from harness.errors import ConfigError, Problem

BYTES_MAX = 10_000_000  # chosen: a run has thousands of users, not millions


def read_users(path: Path) -> tuple[dict[str, str], ...]:
    """The rows of a file, each column -> value.

    Raises:
        ConfigError: it cannot be read, is too long, or has no head, no row, or a row that is
            longer or shorter than the head.
    """
    try:
        size = path.stat().st_size
        if size > BYTES_MAX:
            raise ConfigError(Problem(f"{size} bytes of users", str(path), f"at most {BYTES_MAX}"))
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file, strict=True) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(Problem(f"users cannot be read: {error}", str(path))) from None
    if len(rows) < 2:
        allowed = "a head with names, then one row a user"
        raise ConfigError(Problem(f"{len(rows)} rows", str(path), allowed))
    head = [name.strip() for name in rows[0]]
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(head):
            cause = f"row {number} has {len(row)} values, the head {len(head)}"
            raise ConfigError(Problem(cause, str(path)))
    return tuple(dict(zip(head, row, strict=True)) for row in rows[1:])
