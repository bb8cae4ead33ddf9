"""A third party stops taking one of the keys that it has issued."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from chaos.faults._scripted import Scripted


class CredentialRevoked(Scripted):
    """The stand-in answers 401, before any effect, to who shows this bearer token or none.

    Effect: until then it takes every key, as in the days in which an old and a new one are both in
        force; from now on those that have not changed to the next one are refused.
    Blast radius: the stand-in.
    Args:
        key: the token that is in force no more.
    Heals by: putting the behaviour back that was set before; it takes every key again.
    """

    kind: ClassVar[str] = "credential_revoked"
    effect: ClassVar[str] = "credential_revoked"

    key: str = Field(min_length=1, max_length=200)

    @property
    def args(self) -> Mapping[str, object]:
        """The token."""
        return {"key": self.key}


FAULT = CredentialRevoked
