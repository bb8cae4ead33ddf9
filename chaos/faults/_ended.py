"""Services that end: what is seen of it."""

from __future__ import annotations

from chaos.faults._places import OnService, felt
from harness.ports import Proof, Seen


class Ended(OnService):
    """A service that ends and is started again by the undo."""

    def proof(self, seen: Seen) -> Proof:
        """Nobody answered after the end, and another process answers now."""
        numbers = {
            "exit_code": seen.early.state.get("exit_code"),
            "pid_before": seen.before.state.get("pid"),
            "pid_after": seen.after.state.get("pid"),
            **felt(seen),
        }
        bit = seen.canaries != {"ok"} and numbers["pid_before"] != numbers["pid_after"]
        return Proof(bit, "the service ended and another process took its place", numbers)
