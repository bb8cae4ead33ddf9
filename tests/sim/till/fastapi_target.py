"""The till in FastAPI."""

from __future__ import annotations

from tests.sim.till.target import Till

SERVICE = "tests.sim.till.fastapi_service"
TARGET = Till(f"{SERVICE}:till", f"{SERVICE}:bank")
