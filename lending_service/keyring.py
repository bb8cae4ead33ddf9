"""The keys by which third parties know the service, and when the next one is used."""

from __future__ import annotations

from lending_service.defences import CredentialsRule
from lending_service.ports import Clock


class KeyRing:
    """Which key each third party is called with. Each denial is one party's own affair.

    Args:
        rule: the keys and when to change; None for a service that shows none.
        clock: of the service; a planned change is counted from now on.
    """

    def __init__(self, rule: CredentialsRule | None, clock: Clock) -> None:
        self._keys = rule.keys if rule else ("",)
        self._moves = rule is not None and rule.denied == "next"
        self._clock = clock
        after_s = rule.next_after_s if rule else None
        self._planned_s = None if after_s is None else clock.now_s() + after_s
        self._first = 0
        self._at: dict[str, int] = {}
        self._denials: dict[str, int] = {}

    def key(self, dependency: str) -> str:
        """What to call it with now; "" for nothing."""
        if self._planned_s is not None and self._clock.now_s() >= self._planned_s:
            self._planned_s = None
            self._at = {name: max(1, at) for name, at in self._at.items()}
            self._first = 1
        return self._keys[self._at.setdefault(dependency, self._first) % len(self._keys)]

    def accepted(self, dependency: str) -> None:
        """It has taken a key."""
        self._denials[dependency] = 0

    def denied(self, dependency: str, key: str) -> bool:
        """It has refused this key: another one is used from now on, if there is one.

        Returns:
            whether the same call may do better at once: not when every key was refused in a row.
        """
        if not self._moves or len(self._keys) == 1:
            return False
        if self.key(dependency) == key:
            self._at[dependency] += 1
        self._denials[dependency] = self._denials.get(dependency, 0) + 1
        return self._denials[dependency] < len(self._keys)
