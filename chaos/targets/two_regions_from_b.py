"""Two regions of which B is at home: the database is in B and its standby in A."""

from __future__ import annotations

from chaos.targets.two_regions import TwoRegions

TARGET = TwoRegions(home="b", away="a")
