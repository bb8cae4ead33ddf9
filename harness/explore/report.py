"""Reports of a search: text for people, JSON for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from harness.explore.confirm import Confirmation
from harness.explore.grouping import Group
from harness.explore.plans import Plan
from harness.explore.result import RULES, UNFIT, Covered, Found
from harness.json_types import JsonDict

SHOWN_MAX = 12  # groups beyond these stand in the run folder
POINTS_MAX = 8
ENDED = {
    "complete": "everything asked for was run",
    "dry": "the swarm found nothing new any more",
    "budget": "the budget was over",
    UNFIT: "no search: the world without faults does not work",
    "interrupted": "interrupted: this is what was found so far",
}


@dataclass
class SearchReport:
    """Everything there is to say.

    Args:
        never_called: links of the target over which no call was ever made.
        files: experiment of each group, "" where real parts have no counterpart.
        commands: what finds a group again that has no experiment of its own; "" for the others.
        environment: `name=value` of what was not normal in any of its worlds.
        unfit: why the world without faults does not work; "" where it does.
    """

    design: str
    journeys: tuple[str, ...]
    seed: int
    faults: int
    found: Found
    groups: Sequence[Group]
    never_called: Sequence[str]
    folder: str
    repeat: str
    files: Sequence[str] = ()
    commands: Sequence[str] = ()
    confirmed: list[Confirmation] = field(default_factory=list)
    explained: Mapping[str, str] = field(default_factory=dict)
    environment: Sequence[str] = ()
    unfit: str = ""

    @property
    def exit_code(self) -> int:
        """130 interrupted, 3 no good world without faults or too little time, 1 something breaks,
        0 nothing does."""
        if self.unfit:
            return 3
        if self.found.ended == "interrupted":
            return 130
        if self.groups:
            return 1
        return 3 if self.too_short else 0

    @property
    def too_short(self) -> bool:
        """Whether nothing was found because hardly anything was looked at."""
        return not self.groups and self.found.complete_to < min(1, self.faults)


def text(account: SearchReport, width: int) -> Iterator[str]:
    """Line by line: what breaks, then the numbers, then how to have it again.

    Args:
        width: columns; paths and commands are not broken.
    """
    yield from _wrapped(_headline(account), width, "")
    if account.unfit:
        yield from _wrapped(account.unfit, width, "  ")
    found: set[str] = set()
    for number in range(min(len(account.groups), SHOWN_MAX)):
        yield ""
        yield from _group(account, number, found, width)
    if len(account.groups) > SHOWN_MAX:
        yield f"\nand {len(account.groups) - SHOWN_MAX} more, see {account.folder}/explore.json"
    yield ""
    for line in _numbers(account):
        yield from _wrapped(line, width, "", "  ")
    yield ""
    yield f"run     {account.folder}"
    yield f"repeat  {account.repeat}"


def _headline(account: SearchReport) -> str:
    about = ", ".join(
        (f"design {account.design}", " + ".join(account.journeys), *account.environment)
    )
    upto = account.found.complete_to
    if account.unfit:
        return f"INCONCLUSIVE  {about}: the world without faults does not work"
    if account.too_short:
        seen = "not every single fault" if upto == 0 else "nothing"
        return f"INCONCLUSIVE  {about}: {seen} was looked at within the budget; a longer --budget"
    if not account.groups:
        return f"NOTHING BREAKS  {about}: every set of up to {_faults(upto)} was looked at"
    plans = [group.first.plan for group in account.groups]
    here = [plan for plan in plans if len(plan) == _size(plan)]
    where = "" if here else " IN OTHER ENVIRONMENTS"
    smallest = min(map(_size, here or plans))
    if smallest == 0:
        return f"BREAKS WITHOUT ANY FAULT{where}  {about}"
    ways = len(account.groups)
    enough = f"{_faults(smallest)} {'is' if smallest == 1 else 'are'} enough"
    return f"BREAKS{where}  {about}: {enough}; {ways} way{'' if ways == 1 else 's'} to break it"


def _group(account: SearchReport, number: int, found: set[str], width: int) -> Iterator[str]:
    group = account.groups[number]
    yield f"{number + 1}. {', '.join(group.invariants)}"
    calls = zip(group.first.plan, group.first.operations, strict=True)
    for at, (fault, operation) in enumerate(calls):
        what = f" ({operation})" if operation else ""
        surely = "all the time, " if fault.is_setting else ""
        line = f"{surely}{fault.point}{what}: {' or '.join(group.modes(at))}"
        yield from _wrapped(line, width, "   ", "     ")
    first = group.first.broken[0]
    yield from _wrapped(first.what, width, "   ")
    if why := account.explained.get(first.invariant):
        again = first.invariant in found
        found.add(first.invariant)
        yield from _wrapped("because of the same choices" if again else why, width, "   ")
    file, command = _at(account.files, number), _at(account.commands, number)
    if file:
        yield f"   {file.removeprefix(account.folder + '/')}"
    if command:
        yield f"   {command}"
    for one in account.confirmed:
        if file and one.file == file:
            yield from _wrapped(f"on {one.runtime}: {one.verdict}; {one.why}", width, "   ")


def _numbers(account: SearchReport) -> Iterator[str]:
    found = account.found
    yield (
        f"explored {found.explored:,} scenario{'' if found.explored == 1 else 's'} "
        f"in {found.seconds:.1f} s "
        f"({found.rate:,.0f}/s, {found.workers} worker{'' if found.workers == 1 else 's'}); "
        f"{len(found.signatures):,} distinct behaviour{'' if len(found.signatures) == 1 else 's'}"
    )
    yield (f"{_extent(found.complete_to)}, {found.swarm:,} beyond by chance; {ENDED[found.ended]}")
    if found.covered is not None:
        yield _environments(found.covered)
    for rule, count in found.pruned.items():
        if count:
            yield f"pruned {count:,}: {rule}"
    if found.never_hit:
        yield f"no fault tried at {_some(found.never_hit)}"
    if account.never_called:
        yield f"never called: {', '.join(account.never_called)}"
    if account.confirmed:
        agree = sum(one.verdict.startswith("agrees") for one in account.confirmed)
        ran = sum(one.ran for one in account.confirmed)
        yield f"confirmed on real parts: {agree} of {ran} run"


def _environments(covered: Covered) -> str:
    return (
        f"{covered.rows:,} of {covered.rows_all:,} environments, "
        f"{covered.triples:,} of {covered.triples_all:,} triples of their values; every single "
        f"fault in {covered.whole:,} of them; {covered.scenarios:,} scenarios"
    )


def _at(words: Sequence[str], number: int) -> str:
    """What belongs to a group; "" beyond those that were written."""
    return words[number] if number < len(words) else ""


def _size(plan: Plan) -> int:
    """How many calls go wrong."""
    return sum(not one.is_setting for one in plan)


def _extent(upto: int) -> str:
    return f"complete up to {_faults(upto)}" if upto >= 0 else "complete up to nothing"


def _faults(number: int) -> str:
    return f"{number} fault{'' if number == 1 else 's'}"


def _wrapped(line: str, width: int, indent: str, hanging: str = "") -> list[str]:
    return textwrap.wrap(
        line,
        max(width, 40),
        initial_indent=indent,
        subsequent_indent=hanging or indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - POINTS_MAX} more" if len(names) > POINTS_MAX else ""
    return ", ".join(names[:POINTS_MAX]) + more


def document(account: SearchReport) -> JsonDict:
    """The same as one JSON document."""
    found = account.found
    groups = enumerate(account.groups)
    return {
        "design": account.design,
        "journeys": list(account.journeys),
        "seed": account.seed,
        "faults": account.faults,
        "exit_code": account.exit_code,
        "ended": found.ended,
        "unfit": account.unfit,
        "complete_to": found.complete_to,
        "explored": found.explored,
        "by_size": dict(found.by_size),
        "swarm": found.swarm,
        "environments": None if found.covered is None else asdict(found.covered),
        "seconds": round(found.seconds, 3),
        "rate": round(found.rate, 1),
        "workers": found.workers,
        "behaviours": len(found.signatures),
        "pruned": {rule: {"count": n, "why": RULES[rule]} for rule, n in found.pruned.items()},
        "never_hit": found.never_hit,
        "never_called": list(account.never_called),
        "minimal": [one for number, group in groups for one in _sets(account, group, number)],
        "confirmed": [{**asdict(one), "verdict": one.verdict} for one in account.confirmed],
        "run_dir": account.folder,
        "repeat": account.repeat,
    }


def _sets(account: SearchReport, group: Group, number: int) -> Iterator[dict[str, object]]:
    file, command = _at(account.files, number), _at(account.commands, number)
    for one in group.sets:
        yield {
            "group": number + 1,
            "environment": {fault.point: fault.mode for fault in one.plan if fault.is_setting},
            "faults": [
                {"point": fault.point, "mode": fault.mode, "operation": operation}
                for fault, operation in zip(one.plan, one.operations, strict=True)
                if not fault.is_setting
            ],
            "broken": [broken._asdict() for broken in one.broken],
            "experiment": file,
            "command": command,
        }
