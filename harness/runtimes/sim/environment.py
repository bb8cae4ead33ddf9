"""The world around a service in a scenario: settings that hold from its beginning to its end.

rules ──> behaviour documents      late_s, down_s ──> links      lag_s ──> standbys
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import Context
from functools import partial

from harness.errors import ConfigError, Problem, UnsupportedFault
from harness.ports import Toxic
from harness.runtimes.scripting import BEHAVIOUR
from harness.runtimes.sim.calls import Talk
from harness.runtimes.sim.network import Network
from harness.runtimes.sim.pair import Pair, is_pair
from harness.target import Request, Setting

MS = 1_000


async def furnish(settings: Iterable[Setting], talk: Talk, disk: Mapping[str, object]) -> None:
    """Let the world be like that from now on; the scripted services that it needs are running.

    Raises:
        ConfigError: a stand-in does not take its rules.
        UnsupportedFault: a database without a standby is to be behind.
    """
    rules: dict[str, list[Mapping[str, object]]] = {}
    for setting in settings:
        for service, some in setting.rules.items():
            rules.setdefault(service, []).extend(some)
        for link, late_s in setting.late_s.items():
            toxic = Toxic("latency", "upstream", {"latency": round(late_s * MS)})
            talk.network.wires[link].add(toxic)
        for link, down_s in setting.down_s.items():
            _down(talk.network, link, down_s)
        for database, lag_s in setting.lag_s.items():
            _pair(database, disk).lag_s = lag_s
    for service, all_ in rules.items():
        await _tell(service, all_, talk)


def scripted(settings: Iterable[Setting]) -> set[str]:
    """The services that get rules."""
    return {service for setting in settings for service in setting.rules}


def _down(network: Network, link: str, down_s: float) -> None:
    wire = network.wires[link]
    wire.enable(enabled=False)
    network.loop.call_later(down_s, partial(wire.enable, enabled=True), context=Context())


async def _tell(service: str, rules: list[Mapping[str, object]], talk: Talk) -> None:
    named = [{"id": f"setting-{number}", **rule} for number, rule in enumerate(rules, 1)]
    answer = await talk.own(service, Request("PUT", BEHAVIOUR, body={"rules": named}))
    if answer.status != 200:
        why = answer.body.get("message") or answer.error or answer.status
        raise ConfigError(Problem(f"{service} does not take its rules: {why}", "factors"))


def _pair(database: str, disk: Mapping[str, object]) -> Pair:
    pair = disk.get(database)
    if not is_pair(pair):
        raise UnsupportedFault(f"{database} has no standby that could be behind; see factors")
    return pair
