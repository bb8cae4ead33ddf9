"""Publishes the status page at a provider that does not share our fate.

modes ──every EVERY_S──> POST /v1/publications      one call, in no request's way, never repeated

While nothing is published the provider tells its readers so: silence is a message too.
"""

from __future__ import annotations

from lending_service.modes import Modes
from lending_service.policy import Policy
from lending_service.ports import Clock

EVERY_S = 1.0  # chosen: a page is out of date after three


class Announcer:
    """Tells the provider how things are, for as long as the service works.

    Args:
        page: name of the provider.
    """

    def __init__(self, caller: Policy, clock: Clock, modes: Modes, page: str) -> None:
        self._caller, self._clock, self._modes, self._page = caller, clock, modes, page

    async def run(self) -> None:
        """For ever; each call ends by the time-out of the design, whatever comes of it."""
        while True:
            told: dict[str, object] = {"operations": self._modes.status()}
            await self._caller.once(self._page, "POST", "/v1/publications", told)
            await self._clock.sleep(EVERY_S)
