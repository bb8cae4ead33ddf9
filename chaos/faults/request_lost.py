"""A third party's connection breaks before it has read the call."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults._scripted import Scripted


class RequestLost(Scripted):
    """The stand-in does nothing and closes the connection without a reply.

    Effect: the caller cannot tell it from a lost reply; here no money moved.
    Blast radius: the stand-in.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "request_lost"
    effect: ClassVar[str] = "request_lost"


FAULT = RequestLost
