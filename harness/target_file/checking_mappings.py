"""What is wrong with mappings of a stand-in: what none could reach, selectors and holes that name
nothing, callbacks to nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import zip_longest

from harness.errors import Problem
from harness.target_file.document import Match, Program, TargetDocument
from harness.target_file.holes import holes, texts_of, variables
from harness.yaml_source import Loc, Place, unknown

SERVICES = (["command"], ["running"], ["compose"])  # what may be asked or called back
SOURCES = "body.<field>, header.<name>"
OWN = ("key", "number")


def mapping_problems(
    document: TargetDocument, program: Program, loc: Loc, place: Place
) -> Iterator[Problem]:
    """Of one stand-in, each with its place."""
    assert program.stand_in
    loc = (*loc, "stand-in", "mappings")
    mappings = program.stand_in.mappings
    if not mappings:
        yield Problem("a stand-in without mappings", place.of(*loc), remedy="mappings: [...]")
    for number, one in enumerate(mappings):
        for at, earlier in enumerate(mappings[:number]):
            if _hides(earlier, one):
                first = place.of(*loc, at).removeprefix(f"{place.path}:")
                cause = f"{one.op} is never reached: {earlier.op} takes every such request before"
                where = place.of(*loc, number)
                remedy = "the one with more in when: first"
                yield Problem(f"{cause}, {first}", where, remedy=remedy)
                break
        yield from _selectors(one, (*loc, number), place)
        yield from _templates(one, (*loc, number), place)
        yield from _callback(document, one, (*loc, number), place)


def _hides(earlier: Match, later: Match) -> bool:
    """Whether what fits the later one fits the earlier one too."""
    (method, path), (other, inner) = earlier.on.split(" ", 1), later.on.split(" ", 1)
    pairs = [*zip_longest(path.split("/"), inner.split("/"), fillvalue="")]
    covers = all(one == two or (one.startswith("{") and two) for one, two in pairs)
    return method == other and covers and earlier.when.items() <= later.when.items()


def _selectors(mapping: Match, loc: Loc, place: Place) -> Iterator[Problem]:
    """Whatever picks a value out of a request."""
    told: list[tuple[str, Loc]] = [(one, (*loc, "when", one)) for one in mapping.when]
    told += [(mapping.key, (*loc, "key")), (mapping.once_by, (*loc, "once-by"))]
    if mapping.ledger:
        told.append((mapping.ledger.amount, (*loc, "ledger", "amount")))
    for selector, where in told:
        if selector and not _picks(mapping, selector):
            yield Problem(f"{selector!r} selects nothing of a request", place.of(*where),
                          _sources(mapping))  # fmt: skip


def _templates(mapping: Match, loc: Loc, place: Place) -> Iterator[Problem]:
    """Holes of what it answers and tells."""
    hook = mapping.callback
    told: list[tuple[object, Loc]] = [
        (mapping.reply, (*loc, "reply")),
        (mapping.declined, (*loc, "declined")),
        (hook and hook.body, (*loc, "callback", "body")),
        (hook and hook.declined, (*loc, "callback", "declined")),
    ]
    for template, where in told:
        for variable in [one for text in texts_of(template) for one in variables(text)]:
            yield Problem(f"${{{variable}}} is filled nowhere in what a stand-in says",
                          place.of(*where), "env, headers, auth, bodies of operations")  # fmt: skip
        for hole in holes(template):
            if hole not in OWN and not _throws(hole) and not _picks(mapping, hole):
                allowed = f"{', '.join(OWN)}, {_sources(mapping)}, dice.<low>.<high>"
                yield Problem(f"unknown hole {hole!r}", place.of(*where), allowed)


def _throws(hole: str) -> bool:
    """`dice.300.850`: a whole number in between."""
    name, *ends = hole.split(".")
    whole = name == "dice" and len(ends) == 2 and all(one.isdigit() for one in ends)
    return whole and int(ends[0]) <= int(ends[1])


def _picks(mapping: Match, selector: str) -> bool:
    source, _, rest = selector.partition(".")
    if source == "path":
        return rest in holes(mapping.on)
    return source == "body" or (source == "header" and bool(rest))


def _sources(mapping: Match) -> str:
    return ", ".join([SOURCES, *(f"path.{name}" for name in holes(mapping.on))])


def _callback(
    document: TargetDocument, mapping: Match, loc: Loc, place: Place
) -> Iterator[Problem]:
    """Who is called back is a program that listens."""
    if mapping.callback is None:
        return
    [name] = holes(mapping.callback.to)
    program = document.programs.get(name)
    known = [n for n, p in document.programs.items() if p.kinds in SERVICES]
    if program is None or name not in known:
        yield unknown("program", name, known, place, *loc, "callback", "to")
    if mapping.callback.sign:
        for variable in variables(mapping.callback.sign.secret):
            if variable not in os.environ:
                where = place.of(*loc, "callback", "sign", "secret")
                yield Problem(f"${{{variable}}} is not set", where, remedy=f"export {variable}=...")
