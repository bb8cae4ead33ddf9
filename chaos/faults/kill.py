"""A process is killed: `crash` by the name of what is sent."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults._ended import Killed


class Kill(Killed):
    """Sends SIGKILL to a service; the undo starts it again. Another name of `crash`.

    Effect: what it had not made durable is lost; its connections are reset.
    Blast radius: the service.
    Heals by: starting the service with the same configuration and waiting until it is ready.
    """

    kind: ClassVar[str] = "kill"


FAULT = Kill
