"""A standby answers the policy of before."""

from __future__ import annotations

from typing import ClassVar, Literal

from chaos.faults._scripted import Scripted


class PolicyOutdated(Scripted):
    """The stand-in answers the policy that was in force before the last change.

    Effect: who does not look at the epoch lends in a suspended cell again.
    Blast radius: the stand-in.
    Args:
        share: of the calls: those that reach the standby.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "policy_outdated"
    effect: ClassVar[str] = "outdated"

    op: Literal["policy"] = "policy"


FAULT = PolicyOutdated
