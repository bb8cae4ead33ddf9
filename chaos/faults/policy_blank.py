"""A policy comes back empty."""

from __future__ import annotations

from typing import ClassVar, Literal

from chaos.faults._scripted import Scripted


class PolicyBlank(Scripted):
    """The stand-in answers a policy with nothing in it.

    Effect: who takes "nothing is written" for "nothing is suspended" lends where it must not.
    Blast radius: the stand-in.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "policy_blank"
    effect: ClassVar[str] = "blank"

    op: Literal["policy"] = "policy"


FAULT = PolicyBlank
