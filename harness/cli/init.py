"""`harness init target`."""

from __future__ import annotations

import os
from pathlib import Path

from harness.cli.console import stdout
from harness.errors import ConfigError, Problem
from harness.target_file.draft import DECIDE, draft


def init_target_command(openapi: Path, out: Path) -> int:
    """Write a first target file.

    Args:
        openapi: the document that the service says of itself.
        out: the new file; one that is there stays as it is.

    Returns:
        0; what cannot be read or written is raised.
    """
    text = draft(openapi, os.path.relpath(openapi.absolute(), out.absolute().parent))
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        why = "is there, and is not written over"
        raise ConfigError(Problem(why, str(out), remedy="--out another.yaml")) from None
    except OSError as error:
        why = f"cannot write it: {error.strerror}"
        raise ConfigError(Problem(why, str(out))) from None
    say = stdout().print
    say(f"{out}: decide what says {DECIDE}", markup=False)
    say(f"then: harness list --target {out}    names what is missing, with line and column",
        markup=False)  # fmt: skip
    return 0
