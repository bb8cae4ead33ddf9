"""A till that does not start."""

from __future__ import annotations

from tests.sim.till.target import SERVICE, Till

TARGET = Till("tests.sim.till.broken_target:ends", f"{SERVICE}:bank")
