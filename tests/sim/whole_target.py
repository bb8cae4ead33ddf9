"""The reference target with everything in it, also for a search."""

from __future__ import annotations

from chaos.targets.reference import Reference


class Whole(Reference):
    """Its core is itself."""

    @property
    def core(self) -> Whole:
        """Itself."""
        return self


TARGET = Whole()
