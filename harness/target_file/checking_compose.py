"""What is wrong with programs of a target file that are services of a compose file."""

from __future__ import annotations

from collections.abc import Iterator

from harness.errors import Problem
from harness.target_file.document import TargetDocument
from harness.yaml_source import Loc, Place, unknown

BESIDE = (["compose"], ["stand-in"])


def compose_problems(document: TargetDocument, name: str, place: Place) -> Iterator[Problem]:
    """Of one such program; what the compose file itself says is asked of compose, in a run."""
    program, loc = document.programs[name], ("programs", name)
    if program.compose and not (place.path.parent / program.compose).is_file():
        where = place.of(*loc, "compose")
        yield Problem(f"{program.compose} is not there", where, "a file beside the target")
    if not program.port:
        yield Problem(f"{name}: at which port?", place.of_key(*loc), remedy="port: 8080")
    if program.cwd != ".":
        yield Problem(f"{name}: cwd is for a command", place.of(*loc, "cwd"))
    yield from _calls(document, name, place, loc)
    if name == next(n for n, one in document.programs.items() if one.compose is not None):
        yield from _beside(document, place)


def _beside(document: TargetDocument, place: Place) -> Iterator[Problem]:
    """What cannot run in the containers of a run."""
    for other, one in document.programs.items():
        if one.kinds not in BESIDE or (one.stand_in and one.stand_in.tls):
            what = "https" if one.stand_in else " and ".join(one.kinds)
            where = place.of_key("programs", other)
            yield Problem(f"{other} is {what}: not beside compose:", where, "compose, stand-in")


def _calls(document: TargetDocument, name: str, place: Place, loc: Loc) -> Iterator[Problem]:
    """One port of the proxies is one link: a second one needs a hole."""
    taken: dict[int, str] = {}
    for caller, program in document.programs.items():
        for number, callee in enumerate(program.calls):
            where = place.of("programs", caller, "calls", number)
            if callee not in document.programs or callee == caller:
                if caller == name:
                    yield unknown(
                        "program", callee, document.programs, place, *loc, "calls", number
                    )
                continue
            port, link = document.programs[callee].port or 80, f"{caller}->{callee}"
            if taken.setdefault(port, link) != link and caller == name:
                cause = f"{link} and {taken[port]} are both called at port {port}"
                remedy = f"env: {{SOME_URL: '{{{callee}}}'}} in place of calls:"
                yield Problem(cause, where, remedy=remedy)
