"""How a command ends: one exit code for each kind of ending, and what is said about it.

    0, 1, 3, 4, 5   the verdict       129, 130, 143   SIGHUP, SIGINT, SIGTERM
    2               wrong words       141             nobody reads what is printed
    4               whatever nobody expected

Exit 1 means a weakness of the system under test, so no accident may end in it.
"""

from __future__ import annotations

import errno
import json
import os
import platform
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import typer

from harness import errors
from harness.cli.outlet import Outlet, install
from harness.errors import PROBLEMS_MAX, ConfigError, HarnessError, Problem
from harness.text import cut, quoted, terminal

TRACEBACK = "HARNESS_TRACEBACK"  # set to 1: print where it happened
LINE_MAX = 2000  # characters of one line of an error
EXIT_ERROR, EXIT_PIPE = 4, 128 + signal.SIGPIPE
ClickException = typer.BadParameter.__mro__[2]  # what the library raises for wrong words

ONLY_PRINT = frozenset(
    {"list", "explain", "schema", "show", "doctor", "images", "runs list", "faults list",
     "--version"}
)  # what they print is all that they do  # fmt: skip
HELP = frozenset({"-h", "--help"})  # of any command
ACCIDENTS = (OSError, EOFError)
COMMANDS = ("harness", "typer", "click")  # packages that may end a command


def launch(command: Callable[[], Any], words: Sequence[str]) -> int:
    """Carry out a command.

    Args:
        command: returns an exit code or raises.
        words: of the command line; `--output json` in them asks for errors as JSON too.

    Returns:
        the exit code.
    """
    before = sys.stdout, sys.stderr
    out, err = install()
    try:
        try:
            code = int(command() or 0)
        except BaseException as error:  # an accident has an exit code of its own
            code = EXIT_ERROR
            with suppress(Exception):  # memory or stack may be short
                code = _report(error, words)
        return _close(out, err, code, words)
    finally:
        sys.stdout, sys.stderr = before


def _report(error: BaseException, words: Sequence[str]) -> int:
    """Say what happened.

    Returns:
        the exit code.
    """
    code, problems = known(error, words)
    if type(error).__name__ == "NoArgsIsHelpError":
        print(str(error), file=sys.stderr)
        return code
    for line in _lines(error, problems):
        print(f"harness: {cut(terminal(line), LINE_MAX)}", file=sys.stderr)
    if os.environ.get(TRACEBACK) == "1":
        print(terminal("".join(traceback.format_exception(error))), file=sys.stderr)
    if _wants_json(words) and code in (2, 4, 5):
        print(json.dumps(document(code, problems), indent=2))
    return code


def known(error: BaseException, words: Sequence[str] = ()) -> tuple[int, tuple[Problem, ...]]:
    """Exit code and problems of whatever was raised."""
    if isinstance(error, ConfigError):
        return error.exit_code, error.problems
    if isinstance(error, HarnessError):
        return error.exit_code, (Problem(str(error)),)
    if isinstance(error, SystemExit | typer.Abort) and isinstance(error.__context__, ACCIDENTS):
        # The library makes exit 1 of a broken pipe or an end of file.
        return known(error.__context__, words)
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return 128 + signal.SIGINT, ()
    if isinstance(error, SystemExit) and _is_asked_for(error):
        return int(error.code or 0), ()
    if isinstance(error, ClickException):
        return 2, (_usage(error, words),)
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:  # we make no such names
        cause = f"no file can be called {quoted(str(error.filename))}"
        return 2, (Problem(cause, allowed="up to 255 bytes between two slashes, 4,095 in all"),)
    if isinstance(error, FileNotFoundError) and _folder_is_gone():
        return 2, (Problem("the working folder was removed", remedy="cd to one that is there"),)
    return EXIT_ERROR, (_accident(error),)


def _is_asked_for(error: SystemExit) -> bool:
    """Whether the command or its library ends it; code of others that is loaded has no say in how
    a command ends: its 0 would read as a pass, its 1 as a weakness."""
    module = ""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    if not isinstance(error.code, int | None):
        return False
    return module in COMMANDS or (error.code or 0) > 128  # what a signal ends with is no verdict


def _folder_is_gone() -> bool:
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def document(code: int, problems: Sequence[Problem]) -> dict[str, object]:
    """What `--output json` prints when there is no result."""
    return {
        "verdict": None if code == 2 else "error",
        "exit_code": code,
        "problems": [problem.as_data() for problem in problems[:PROBLEMS_MAX]],
        "problems_in_all": len(problems),
    }


def _lines(error: BaseException, problems: Sequence[Problem]) -> list[str]:
    if isinstance(error, HarnessError):
        return str(error).splitlines()
    return [str(problem) for problem in problems]


def _usage(error: Any, words: Sequence[str]) -> Problem:
    context, param = getattr(error, "ctx", None), getattr(error, "param", None)
    remedy = f"{context.command_path} --help" if context else "harness --help"
    if param is None:
        return Problem(error.format_message().rstrip("."), remedy=remedy)
    name = next(iter(param.opts), param.name)
    message, got = error.message.rstrip(".").removeprefix("Value error, "), _after(name, words)
    if not message:
        return Problem("missing", name, remedy=remedy)
    message = message[0].lower() + message[1:]
    return Problem(f"{message}, got {quoted(got)}" if got else message, name, remedy=remedy)


def _after(option: str, words: Sequence[str]) -> str:
    """The value given for an option; "" when there is none."""
    for at, word in enumerate(words):
        if word == option and at + 1 < len(words):
            return words[at + 1]
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return ""


def _accident(error: BaseException) -> Problem:
    """What was not expected: what, where, and what to do about it."""
    versions = f"Python {platform.python_version()}, {platform.system()}"
    remedy = f"the same with {TRACEBACK}=1 shows more; report a defect with this line, {versions}"
    return Problem(f"error: {errors.described(error)}", remedy=remedy)


def _close(out: Outlet, err: Outlet, code: int, words: Sequence[str]) -> int:
    """Hand over what is left to print.

    Returns:
        the exit code: that of the verdict, also where it could not be printed.
    """
    out.flush()
    if out.broken_pipe:
        return EXIT_PIPE
    if out.failure is not None:
        why = out.failure.strerror
        print(f"harness: stdout: {why}: not everything was printed", file=sys.stderr)
        only_prints = {" ".join(words[:n]) for n in (1, 2)} & ONLY_PRINT or HELP & set(words)
        code = code or (EXIT_ERROR if only_prints else 0)
    err.flush()
    return code


def _wants_json(words: Sequence[str]) -> bool:
    return _after("--output", words) == "json"
