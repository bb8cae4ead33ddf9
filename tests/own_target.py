"""A lender's folder: a target of his own by one file, with words of his own beside it."""

from __future__ import annotations

from pathlib import Path

from harness.registry import design_files

TARGET = """\
from chaos.targets.reference import Reference

from ._settings import NAME


class Mine(Reference):
    include = ("chaos",)

    def __init__(self):
        super().__init__()
        self.name = NAME


TARGET = Mine()
"""
FAULT = '''\
from chaos.faults.latency import Latency


class Slower(Latency):
    """A link becomes slower."""

    kind = "slower"


FAULT = Slower
'''
INVARIANT = '''\
from harness.checker import judge


class Submitted:
    """Something was submitted."""

    name, ids, claim = "submitted", ("L1",), "Somebody submitted something."

    def check(self, history, objectives):
        return judge(self, examined=sum(1 for _ in history.ops("submit")), bad=[])


INVARIANT = Submitted()
'''
JOURNEY = '''\
from chaos.journeys.consumer import JOURNEY as consumer

from .._common import NAME


class Buyer:
    """Borrows as a consumer does."""

    name = NAME

    def steps(self, number, dice):
        yield from consumer.steps(number, dice)


JOURNEY = Buyer()
'''
EXPERIMENT = """\
title: A gateway is slower
tags: [X90]
target: ../../target.py
objectives: {recovery: 4s}
load: {arrivals: 16/s, journeys: {buyer: 1}}
steady-state-hypothesis:
  title: served
  probes: [{name: acks, measure: served_ratio, of: submit, tolerance: ">= 0.9"}]
method:
  - {at: 5s, for: 3s, fault: slower, link: lending->payment_a, delay: 300ms}
recovery: 9s
invariants: [submitted, no_double_payout]
blast-radius: {links: [lending->payment_a]}
"""


def lender(folder: Path) -> Path:
    """Write it.

    Returns:
        the target's file.
    """
    files = {
        "_settings.py": 'NAME = "mine"\n',
        "target.py": TARGET,
        "chaos/_common.py": 'NAME = "buyer"\n',
        "chaos/slower.py": FAULT,
        "chaos/promises/submitted.py": INVARIANT,
        "chaos/journeys/buyer.py": JOURNEY,
        "chaos/experiments/x90_slower.yaml": EXPERIMENT,
        "chaos/designs/ours.yaml": design_files()["hardened"].read_text(encoding="utf-8"),
    }
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder / "target.py"
