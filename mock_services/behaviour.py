"""Scripted behaviour as data: which calls of a stand-in go wrong, and how.

A document holds rules. Every rule counts the calls of its op (and key) from when it was set, also
those that an earlier rule takes, so that `first` and `last` mean the Nth call. Rules that match
compose; where two contradict each other, the one that stands first is shown.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from msgspec import Meta

from mock_services.dice import Dice
from mock_services.documents import InvalidDocument, at, read
from mock_services.effects import EFFECTS, Effect
from mock_services.layers import Shown, composed

Ordinal = Annotated[int, Meta(ge=1)]


class Rule(msgspec.Struct, frozen=True):
    """Which calls show an effect.

    Args:
        id: unique in its document.
        op: an op of the program, or `*` for every op that the effect fits.
        effect: a name in `effects.EFFECTS`.
        share: probability that a call in range shows it, 0..1.
        first: first call that shows it, counted from 1.
        last: last call that shows it; None for no end.
        key: only calls with this business key are counted and matched.
        per_key: count every business key on its own.
        args: arguments of the effect.
    """

    id: Annotated[str, Meta(min_length=1, max_length=200)]
    op: str
    effect: str
    share: Annotated[float, Meta(ge=0, le=1)] = 1.0
    first: Ordinal = 1
    last: Ordinal | None = None
    key: str | None = None
    per_key: bool = False
    args: dict[str, object] = {}


class Behaviour(msgspec.Struct, frozen=True):
    """A behaviour document: rules, in the order in which they are asked."""

    rules: tuple[Rule, ...] = ()


class _Document(msgspec.Struct, frozen=True):
    rules: list[object] = []


def parse(raw: object, ops: Sequence[str]) -> Behaviour:
    """Read a behaviour document.

    Args:
        raw: the decoded JSON document.
        ops: the ops of the program that is to show it.

    Raises:
        InvalidDocument: with every problem, each with a path like `rules[0].effect`.
    """
    problems: list[str] = []
    read(_Document, raw, "", problems)
    items = raw.get("rules") if isinstance(raw, Mapping) else None
    rules = [
        _rule(item, ops, f"rules[{i}]", problems)
        for i, item in enumerate(items if isinstance(items, list) else [])
    ]
    good = tuple(rule for rule in rules if rule is not None)
    repeated = [name for name, n in Counter(rule.id for rule in good).items() if n > 1]
    problems += [f"rules: id {name!r} is used more than once, need unique ids" for name in repeated]
    if problems:
        raise InvalidDocument(problems)
    return Behaviour(good)


def _rule(raw: object, ops: Sequence[str], path: str, problems: list[str]) -> Rule | None:
    rule = read(Rule, raw, path, problems)
    if isinstance(raw, Mapping):
        _check_effect(raw, ops, path, problems)
    if rule is not None and rule.last is not None and rule.last < rule.first:
        problems.append(f"{at(path, 'last')}: got {rule.last}, need at least first={rule.first}")
    return rule


def _check_effect(
    raw: Mapping[str, object], ops: Sequence[str], path: str, problems: list[str]
) -> None:
    """Check that the op exists here, that the effect exists and fits it, and its arguments."""
    op, name, args = raw.get("op"), raw.get("effect"), raw.get("args", {})
    if not isinstance(op, str) or not isinstance(name, str):
        return
    wanted = ops if op == "*" else [op]
    if op != "*" and op not in ops:
        problems.append(f"{at(path, 'op')}: got {op!r}; allowed: *, {', '.join(ops)}")
        wanted = ops
    fitting = [each for each, effect in EFFECTS.items() if any(map(effect.fits, wanted))]
    if name not in EFFECTS:
        problems.append(f"{at(path, 'effect')}: got {name!r}; allowed: {', '.join(fitting)}")
        return
    if name not in fitting:
        problems.append(
            f"{at(path, 'effect')}: {name!r} does not fit op {op!r}; allowed: {', '.join(fitting)}"
        )
    if isinstance(args, Mapping):
        read(EFFECTS[name].args, args, at(path, "args"), problems)


@dataclass(slots=True)
class _Live:
    """A rule at work: what it has seen, and its own dice."""

    rule: Rule
    effect: Effect
    args: msgspec.Struct
    dice: random.Random
    seen: Counter[str] = field(default_factory=Counter)

    def takes(self, op: str, key: str) -> bool:
        """Count the call, and say whether the rule matches it."""
        rule = self.rule
        if rule.op not in (op, "*") or not self.effect.fits(op):
            return False
        if rule.key not in (None, key):
            return False
        counted = key if rule.per_key else ""
        self.seen[counted] += 1
        if not rule.first <= self.seen[counted] <= (rule.last or self.seen[counted]):
            return False
        return rule.share >= 1.0 or self.dice.random() < rule.share


class Script:
    """The behaviour that a stand-in shows now.

    Args:
        dice: gives every rule its own stream.
    """

    def __init__(self, dice: Dice) -> None:
        """Start with no rules."""
        self._dice = dice
        self._live: tuple[_Live, ...] = ()
        self.behaviour = Behaviour()
        self.hits: Counter[str] = Counter()

    def replace(self, behaviour: Behaviour) -> None:
        """Show another behaviour; a rule that stays as it was keeps its counts and its dice."""
        kept = {live.rule.id: live for live in self._live}
        self._live = tuple(
            kept[rule.id] if rule.id in kept and kept[rule.id].rule == rule else self._start(rule)
            for rule in behaviour.rules
        )
        self.behaviour = behaviour

    def _start(self, rule: Rule) -> _Live:
        effect = EFFECTS[rule.effect]
        args = msgspec.convert(rule.args, effect.args)
        return _Live(rule, effect, args, self._dice(f"rule/{rule.id}"))

    def match(self, op: str, key: str) -> tuple[list[Shown], list[str]]:
        """Count a call with every rule.

        Returns:
            what it shows, the outermost first, and the ids of the rules that want it so.
        """
        takers = [live for live in self._live if live.takes(op, key)]
        if not takers:
            return [], []
        shown = composed([(live.effect, live.args) for live in takers])
        hit = [live.rule.id for live in takers if (live.effect, live.args) in shown]
        self.hits.update(hit)
        return shown, hit

    def recall(self, rule_id: str, key: str) -> None:
        """Count a hit of an earlier life; calls that were not hit are forgotten."""
        self.hits[rule_id] += 1
        for live in self._live:
            if live.rule.id == rule_id:
                live.seen[key if live.rule.per_key else ""] += 1
