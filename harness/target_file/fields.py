"""Kinds of text that a target file may hold."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

PORT_MAX = 65_535
MODES = ("FULL", "STALE", "STANDIN", "POOL", "QUEUE", "READONLY", "SHED", "SUSPENDED", "OFF")
"""In which an operation may be declared to work; docs/designs.md tells what they promise."""


def _quoted(value: Any) -> Any:
    """A bare `{bank}` is a mapping to YAML."""
    if isinstance(value, dict) and list(value.values()) == [None]:
        raise ValueError(f'{{{next(iter(value))}}} is a mapping; try: "{{{next(iter(value))}}}"')
    return value


def _on_a_port(address: str) -> str:
    """Of this machine, at a port that there is."""
    if not 1 <= int(address.rpartition(":")[2]) <= PORT_MAX:
        raise ValueError(f"a port is 1 .. {PORT_MAX}")
    return address


def _modes(value: str) -> str:
    """One, or several with ` or ` between them."""
    if not {*value.split(" or ")} <= {*MODES}:
        raise ValueError(f"modes are {', '.join(MODES)}; several as 'STANDIN or QUEUE'")
    return value


Text = Annotated[str | int | float, BeforeValidator(_quoted)]
Address = Annotated[
    str, Field(pattern=r"^(127\.0\.0\.1|localhost):[0-9]{1,5}$"), AfterValidator(_on_a_port)
]
Modes = Annotated[str, AfterValidator(_modes)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
HeaderText = Annotated[str, Field(pattern=r"^[^\x00-\x08\x0a-\x1f\x7f]*$")]
Selector = Annotated[str, Field(pattern=r"^[^.\s]+(\.[^.\s]+)*$")]
