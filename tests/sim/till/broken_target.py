"""A till that does not work: its bank is asked where nobody is, or it does not start at all."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette

from tests.sim.till.target import SERVICE, Till


def refuses(config: Any, around: Any) -> Starlette:
    """Knows no route: every purchase gets 404."""
    return Starlette()


def ends(config: Any, around: Any) -> Starlette:
    """Does not start."""
    raise RuntimeError("the schema of the database is from 2019")


TARGET = Till(f"{__name__}:refuses", f"{SERVICE}:bank")
