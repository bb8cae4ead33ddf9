"""A third party answers values that no contract has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, JsonValue

from chaos.faults._scripted import Scripted


class OtherFields(Scripted):
    """The stand-in does its work and answers other values than those that hold.

    Effect: a caller that takes an unknown word for a known one, or a 0 for an amount, is wrong.
    Blast radius: the stand-in.
    Args:
        fields: of the reply, with the values in it: `{decision: perhaps}`; null leaves one out.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "other_fields"
    effect: ClassVar[str] = "other_fields"

    fields: dict[str, JsonValue] = Field(min_length=1, examples=[{"status": "MAYBE"}])

    @property
    def args(self) -> Mapping[str, object]:
        """The fields, as plain values: those of a document know their lines."""
        return {"fields": json.loads(json.dumps(self.fields))}


FAULT = OtherFields
