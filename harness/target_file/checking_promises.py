"""What is wrong with promises of a target file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from harness.errors import Problem
from harness.target_file.document import Promise, TargetDocument
from harness.target_file.holes import ARGS, holes
from harness.yaml_source import Loc, Place, unknown

FORMS = "ledger: with entry:; of: with ends-within:, or with as: and equal:; sql: with rows:"
LITERAL = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
READS = re.compile(r"\s*\(*\s*(select|with|values|table)\b", re.IGNORECASE)
WRITES = re.compile(
    r"\b(insert\s+into|update\s+\S+\s+set|delete\s+from|merge\s+into"
    r"|for\s+(no\s+key\s+)?update|select\b.*\binto)\b",
    re.IGNORECASE | re.DOTALL,
)


def promise_problems(
    told: TargetDocument, name: str, promise: Promise, place: Place
) -> Iterator[Problem]:
    """Everything, each with its place."""
    loc: Loc = ("promises", name)
    about = [key for key in ("ledger", "sql", "of") if getattr(promise, key)]
    if len(about) != 1:
        got = " and ".join(about) or "nothing"
        yield Problem(f"a promise about {got}", place.of_key(*loc), FORMS)
    elif promise.ledger:
        yield from _ledger(told, promise, place, loc)
    elif promise.sql:
        yield from _sql(told, promise, place, loc)
    elif promise.equal or promise.as_:
        yield from _equal(told, promise, place, loc)
    else:
        yield from _end(told, promise, place, loc)


def _ledger(told: TargetDocument, promise: Promise, place: Place, loc: Loc) -> Iterator[Problem]:
    if promise.ledger not in told.programs or not told.programs[promise.ledger].stand_in:
        known = [one for one, program in told.programs.items() if program.stand_in]
        yield unknown("stand-in", promise.ledger, known, place, *loc, "ledger")
        return
    stand_in = told.programs[promise.ledger].stand_in
    mappings = stand_in.mappings if stand_in else []
    entries = dict.fromkeys(one.ledger.entry for one in mappings if one.ledger)
    if promise.entry not in entries:
        yield unknown("entry", promise.entry, entries, place, *loc, "entry")
    for number, one in enumerate(mappings):
        if one.ledger and one.ledger.entry == promise.entry and not one.key:
            where = place.of("programs", promise.ledger, "stand-in", "mappings", number)
            cause = f"{one.op} has no key: by what are its entries counted?"
            yield Problem(cause, where, "body.loan_id, header.X-Loan, path.id", "key: ...")
    if (promise.at_most is None) == (promise.exactly is None):
        yield Problem("how many?", place.of_key(*loc), "at-most: or exactly:")


def _sql(told: TargetDocument, promise: Promise, place: Place, loc: Loc) -> Iterator[Problem]:
    where, plain = place.of(*loc, "sql"), LITERAL.sub("''", promise.sql)
    asked = databases_of(told)
    if not asked:
        allowed = "a program with postgres:, or with tcp: or compose: and sql: {user: ...}"
        yield Problem("sql: there is no database to ask", where, allowed)
    elif promise.at and promise.at not in asked:
        yield unknown("database", promise.at, asked, place, *loc, "at")
    elif not promise.at and len(asked) > 1:
        yield Problem("sql: which database?", where, ", ".join(asked), f"at: {asked[0]}")
    if ";" in plain.rstrip().rstrip(";"):
        yield Problem("sql is more than one statement", where, "one query")
    elif not READS.match(plain) or WRITES.search(plain):
        yield Problem("sql writes, or is no query", where, "SELECT, WITH or VALUES that read")


def databases_of(told: TargetDocument) -> list[str]:
    """The programs that a promise may ask: the PostgreSQL of the run, and those with `sql:`."""
    return [name for name, one in told.programs.items() if one.postgres or one.sql]


def _equal(told: TargetDocument, promise: Promise, place: Place, loc: Loc) -> Iterator[Problem]:
    for key, name in (("of", promise.of), ("as", promise.as_)):
        if name not in told.operations:
            yield unknown("operation", name, told.operations, place, *loc, *([key] if name else []))
        else:
            yield from _given(told, promise, key, place, loc)
    if not promise.equal:
        remedy = "equal: {body.amount: args.amount}: a field, and what `as` asked for or answered"
        yield Problem("what is equal?", place.of_key(*loc), remedy=remedy)


def _given(
    told: TargetDocument, promise: Promise, key: str, place: Place, loc: Loc
) -> Iterator[Problem]:
    """What an operation was asked with are its holes; nothing else of a request is kept."""
    if key == "of":
        name, wanted = promise.of, [(one, (*loc, "with", one)) for one in promise.with_]
    else:
        told_ = [*((of, one, "equal") for of, one in promise.equal.items()),
                 *((of, one, "with") for of, one in promise.with_.items())]  # fmt: skip
        args = [(of, one, key_) for of, one, key_ in told_ if one.startswith(ARGS)]
        name = promise.as_
        wanted = [(one.removeprefix(ARGS), (*loc, key_, of)) for of, one, key_ in args]
    yield from unasked(told, name, wanted, place)


def unasked(
    told: TargetDocument, name: str, wanted: Iterable[tuple[str, Loc]], place: Place
) -> Iterator[Problem]:
    """Values that an operation is not asked with; nothing else of a request is kept."""
    texts = told.operations[name].texts
    known = dict.fromkeys(holes([texts["way"], texts["body"], texts["key"]]))
    for one, where in wanted:
        if one not in known:
            yield unknown(f"value that {name} is asked with", one, known, place, *where)


def _end(told: TargetDocument, promise: Promise, place: Place, loc: Loc) -> Iterator[Problem]:
    if promise.of not in told.operations:
        yield unknown("operation", promise.of, told.operations, place, *loc, "of")
    if promise.ends_within is None or told.settled_when is None:
        remedy = "ends-within: 30s here, and settled-when: in the file"
        yield Problem("when does it end?", place.of_key(*loc), remedy=remedy)
