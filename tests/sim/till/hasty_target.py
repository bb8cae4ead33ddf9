"""A till whose bank has an endpoint that would run in a thread."""

from __future__ import annotations

from tests.sim.till.fastapi_target import SERVICE
from tests.sim.till.target import Till

TARGET = Till(f"{SERVICE}:till", f"{SERVICE}:hasty")
