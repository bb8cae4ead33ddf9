"""What a drill consists of: experiments that are tagged so, and the topology of a direction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.errors import ConfigError, Problem
from harness.prepare import Prepared, RunRequest, prepare
from harness.registry import Vocabulary
from harness.suite.selection import tags_of
from harness.target import Target
from harness.text import quoted
from harness.yaml_source import nearest

TAG = "drill"


def drill_of(words: Vocabulary, order: RunRequest, direction: str) -> list[Prepared]:
    """Every experiment of the drill, prepared; nothing is started.

    Args:
        order: with the experiment left open.

    Raises:
        ConfigError: the target has no drill, or not in this direction; or a document is wrong.
        UnsupportedFault: the runtime has not the power for a fault.
    """
    topology = topology_of(words.target, direction)
    names = list(experiments(words))
    if not names:
        cause = f"no experiment of {words.target.name} is tagged {TAG}"
        raise ConfigError(Problem(cause, "drill", f"tags: [{TAG}] in an experiment"))
    usual = replace(order, topology=topology, manual=False)
    pack = [prepare(replace(usual, experiment=name)) for name in names]
    if not order.manual:
        return pack
    return [prepare(replace(one.order, manual=True)) if one.runbook else one for one in pack]


def experiments(words: Vocabulary) -> Iterator[str]:
    """Names of those that belong to a drill, in order."""
    for name, path in sorted(words.experiments.items()):
        if TAG in tags_of(path):
            yield name


def topology_of(target: Target, direction: str) -> str:
    """The topology in which a drill goes in a direction.

    Raises:
        ConfigError: there is none; names the directions that there are.
    """
    known: Mapping[str, str] = getattr(target, "drills", {})
    if direction not in known:
        cause = f"no drill of {target.name} goes {quoted(direction)}" + nearest(direction, known)
        allowed = ", ".join(known) or "none: it has no drill"
        raise ConfigError(Problem(cause, "--direction", allowed))
    return known[direction]
