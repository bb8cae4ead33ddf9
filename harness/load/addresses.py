"""Clients that know several addresses: one that fails is tried last from then on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from harness.target import Answer, Request

A = TypeVar("A")


class Addresses(Generic[A]):
    """The addresses of a service, as its clients share what they learned of them.

    Args:
        known: one or more, the preferred one first.
    """

    def __init__(self, known: Sequence[A]) -> None:
        self._known = list(known)

    def __iter__(self) -> Iterator[A]:
        """In the order in which they are to be tried."""
        return iter(list(self._known))

    def learn(self, tried: A, answer: Answer) -> None:
        """Take in what an address answered."""
        if answer.status is None and self._known[0] == tried:
            self._known.append(self._known.pop(0))


def goes_on(request: Request, answer: Answer) -> bool:
    """Whether another address is asked at once: nobody can have done it, or it changes nothing."""
    return answer.status is None and (request.method == "GET" or answer.error == "refused")
