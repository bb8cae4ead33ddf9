"""Subnets for the networks of runs: out of a range that is nobody's own, and settable."""

from __future__ import annotations

import hashlib
import ipaddress
import os
from collections.abc import Iterator

from harness.errors import ConfigError, Problem

RANGE = "198.18.0.0/15"  # RFC 2544: for benchmarks of networks, never a company's own
VARIABLE = "HARNESS_DOCKER_SUBNETS"
PREFIX = 26  # 61 containers: three times what a run of the reference target has
TRIES = 32  # chosen: as many runs at a time as no machine has


def subnets(run_id: str) -> Iterator[ipaddress.IPv4Network]:
    """Subnets to try, beginning at a place that differs from run to run.

    Raises:
        ConfigError: the range that the environment names is none.
    """
    given = os.environ.get(VARIABLE, RANGE)
    try:
        whole = ipaddress.IPv4Network(given)
        step = 2 ** (32 - PREFIX)
        count = whole.num_addresses // step
        if not count:
            raise ValueError(f"holds {whole.num_addresses} addresses, need {step}")
    except ValueError as error:
        raise ConfigError(
            Problem(f"{given!r}: {error}", VARIABLE, f"an IPv4 range as {RANGE}")
        ) from None
    begin = int.from_bytes(hashlib.sha256(run_id.encode()).digest()[:4], "big")
    for number in range(min(count, TRIES)):
        first = int(whole.network_address) + (begin + number) % count * step
        yield ipaddress.IPv4Network((first, PREFIX))
