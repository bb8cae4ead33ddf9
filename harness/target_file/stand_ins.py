"""Stand-ins as they may be written: a list of mappings alone, or with what else there is to say,
also with mapping files of WireMock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ruamel.yaml.comments import CommentedMap

from harness.errors import ConfigError, Problem
from harness.target_file.document import StandIn
from harness.target_file.wiremock import Written, mappings_of
from harness.yaml_source import Loc, Place, unknown

MAPPINGS, WIREMOCK, ADD = "mappings", "wiremock", "add"
CALLBACK = "callback"  # the operation by which a stand-in calls somebody


def at_length(place: Place) -> None:
    """Write every stand-in as `{mappings: list}`, in the document itself; places stay as they are.

    Raises:
        ConfigError: mapping files of WireMock that are not read, with every place.
    """
    programs = place.raw.get("programs")
    problems: list[Problem] = []
    for name, program in programs.items() if isinstance(programs, Mapping) else ():
        stand_in = program.get("stand-in") if isinstance(program, Mapping) else None
        if isinstance(stand_in, list):
            program["stand-in"] = CommentedMap({MAPPINGS: stand_in})
        elif isinstance(stand_in, Mapping) and isinstance(stand_in.get(WIREMOCK), str):
            try:
                _read(program["stand-in"], place, ("programs", name, "stand-in"))
            except ConfigError as error:
                problems += error.problems
    if problems:
        raise ConfigError(problems)


def operations_of(stand_in: StandIn) -> list[str]:
    """What a rule about it may name: its mappings, and the callback where one of them has it."""
    told = [CALLBACK] if any(one.callback for one in stand_in.mappings) else []
    return [*dict.fromkeys([one.op for one in stand_in.mappings] + told)]


def _read(stand_in: Any, place: Place, loc: Loc) -> None:
    """The mappings of the folder come after those of the file, with what the file adds to them."""
    folder = place.path.parent / stand_in[WIREMOCK]
    found = mappings_of(folder, place.of(*loc, WIREMOCK))
    more = stand_in.get(ADD) or {}
    known = [one["op"] for one in found]
    for op in more if isinstance(more, Mapping) else ():
        if op not in known:
            raise ConfigError(unknown("mapping of WireMock", op, known, place, *loc, ADD, op))
    own = stand_in.get(MAPPINGS)
    added = [_with(one, more) for one in found]
    stand_in[MAPPINGS] = [*(own if isinstance(own, list) else []), *added]


def _with(mapping: Written, more: Any) -> Written:
    extra = more.get(mapping["op"]) if isinstance(more, Mapping) else None
    return {**mapping, **extra} if isinstance(extra, Mapping) else mapping
