"""Two regions with Patroni, of which B is at home."""

from __future__ import annotations

from chaos.targets.two_regions_patroni import PatroniRegions

TARGET = PatroniRegions(home="b", away="a")
