"""Plans for bench/parity.py: short experiments with faults that both runtimes can do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from harness.blast import calls_showing
from harness.ports import Capability
from harness.registry import Vocabulary, load_vocabulary
from harness.rng import Dice, Seed
from harness.runtime_registry import load_runtime

# The figures of this block are chosen: one run in real time ends within about 15 s.
LOAD = {"arrivals": "12/s", "journeys": {"consumer": 8, "sme": 2, "repayer": 3, "angry_retrier": 1}}
OBJECTIVES = {"recovery": "2s", "answer": "6s"}
FIRST_S, APART_S, LASTS_S, RECOVERY_S = 4.0, 0.5, 3.0, 6.0
PROBE = {"name": "limits", "measure": "served_ratio", "of": "read_limit", "tolerance": ">= 0.9"}
LEFT_OUT = {"queue_answered_in_time", "staff_can_tell"}  # more than a minute; staff in the load
DESIGNS = ("naive", "hardened")
HOW_MANY = (1, 1, 2)  # drawn from
SPARE = ("payment_b", "funding_b", "funding_c")  # called only when the first ones fail
SPARE_SHARE = 0.25  # a fault that nobody meets shows little
STREAM = ("upstream", "downstream")
SHARE = (0.3, 1.0)
FAULTS: dict[str, dict[str, Sequence[Any]]] = {
    "down": {},
    "timeout": {"stream": STREAM, "close_after": ("0s", "500ms", "2s")},
    "latency": {"stream": STREAM, "delay": ("100ms", "700ms", "3s"), "jitter": ("0s", "100ms")},
    "reset_peer": {"stream": STREAM, "after": ("0s", "300ms")},
    "crash": {},
    "pause": {},
    "reply_lost": {"share": SHARE},
    "request_lost": {"share": SHARE},
    "error_after": {"share": SHARE},
    "http_error": {"share": SHARE, "status": (429, 500, 503)},
    "slow": {"share": SHARE, "delay": ("300ms", "800ms", "3s")},
    "decline": {"share": SHARE},
    "not_found": {"op": ("create_payout", "create_debit"), "times": (1, 3)},
    "callback_lost": {"share": SHARE},
    "duplicate_callback": {"times": (2, 5)},
    "wrong_amount": {"delta_minor": (-100, 100)},
}
GATEWAYS_ALONE = {"not_found", "callback_lost", "duplicate_callback", "wrong_amount"}


@dataclass(frozen=True)
class Plan:
    """What is run on both sides.

    Args:
        seed: of the runs.
        text: the experiment, YAML.
    """

    number: int
    design: str
    seed: int
    faults: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        """As a person reads it."""
        return f"{self.design}, {' and '.join(self.faults)}"


def plans(seed: int, count: int) -> Iterator[Plan]:
    """The plans of a seed; the first ones are the same whatever the count."""
    words = load_vocabulary()
    for number in range(count):
        dice = Seed(seed).stream(f"bench/parity/{number}")
        faults = [_drawn(words, dice, n) for n in range(dice.choice(HOW_MANY))]
        if len({_where(fault) for fault in faults}) < len(faults):
            faults.pop()  # two faults at one place must not overlap in time
        names = tuple(f"{fault['fault']} at {_where(fault)}" for fault in faults)
        text = yaml.safe_dump(_document(words, faults, names), sort_keys=False)
        yield Plan(number, dice.choice(DESIGNS), dice.randrange(2**16), names, text)


def not_drawn() -> list[str]:
    """Kinds of fault that both runtimes can do and that no plan has."""
    both = load_runtime("sim").capabilities & load_runtime("process").capabilities
    known = load_vocabulary().faults
    return sorted(kind for kind in known if known[kind].capability in both and kind not in FAULTS)


def _drawn(words: Vocabulary, dice: Dice, n: int) -> dict[str, Any]:
    """One fault at one place, with its parameters."""
    kind = dice.choice(list(FAULTS))
    parameters = {name: dice.choice(values) for name, values in FAULTS[kind].items()}
    key = "link" if "link" in words.faults[kind].model_fields else "service"
    when = {"at": f"{FIRST_S + n * APART_S:g}s", "for": f"{LASTS_S:g}s"}
    return {**when, "fault": kind, key: _somewhere(_places(words, kind), dice), **parameters}


def _places(words: Vocabulary, kind: str) -> list[str]:
    fault, target = words.faults[kind], words.target
    if "link" in fault.model_fields:
        return [link.name for link in target.links]
    anywhere = fault.capability == Capability.PROCESSES
    services = [service for service in target.services if anywhere or service.scripted]
    if kind in GATEWAYS_ALONE:
        services = [service for service in services if service.kind == "payment_gateway"]
    names = [service.name for service in services]
    return [name for name in names if calls_showing(fault, target, name) != []]


def _somewhere(places: list[str], dice: Dice) -> str:
    """One of these places, seldom a spare one."""
    spare = [name for name in places if any(one in name for one in SPARE)]
    first = [name for name in places if name not in spare]
    return dice.choice(spare if spare and dice.random() < SPARE_SHARE else first)


def _where(fault: dict[str, Any]) -> str:
    return str(fault.get("link") or fault["service"])


def _document(
    words: Vocabulary, faults: list[dict[str, Any]], names: tuple[str, ...]
) -> dict[str, Any]:
    return {
        "title": " and ".join(names),
        "objectives": OBJECTIVES,
        "load": LOAD,
        "steady-state-hypothesis": {"title": "Borrowers are served", "probes": [PROBE]},
        "method": faults,
        "recovery": f"{RECOVERY_S:g}s",
        "invariants": sorted(words.invariants.keys() - LEFT_OUT),
        "blast-radius": {
            "links": [fault["link"] for fault in faults if "link" in fault],
            "services": [fault["service"] for fault in faults if "service" in fault],
        },
    }
