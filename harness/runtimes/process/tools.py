"""PostgreSQL's own programs, each run to its end as the user who owns the data."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import RuntimeFailure

STEP_S = 25.0  # chosen: initdb takes 1-3 s here


@dataclass(frozen=True)
class RunAsUser:
    """The user as whom PostgreSQL runs; None for the one we are."""

    uid: int | None = None
    gid: int | None = None


@dataclass(frozen=True)
class Tools:
    """How they are run.

    Args:
        binaries: folder of PostgreSQL's programs.
        who: user that runs them.
        env: that marks them as the run's.
    """

    binaries: Path
    who: RunAsUser
    env: Mapping[str, str]

    def run(
        self, argv: Sequence[str], what: str, stdin: str = "", allowed: Sequence[int] = (0,)
    ) -> str:
        """Run a program.

        Args:
            allowed: exit codes that are no failure.

        Returns:
            what it said, errors last.

        Raises:
            RuntimeFailure: it failed; with its last words.
        """
        program = str(self.binaries / argv[0])
        try:
            done = subprocess.run(
                [program, *argv[1:]],
                input=stdin,
                capture_output=True,
                text=True,
                timeout=STEP_S,
                user=self.who.uid,
                group=self.who.gid,
                extra_groups=None if self.who.uid is None else [],
                process_group=0,
                env=dict(self.env),
                cwd="/",
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RuntimeFailure(f"PostgreSQL, {what}: {error}") from None
        if done.returncode not in allowed:
            raise RuntimeFailure(
                f"PostgreSQL, {what}: {program} ended with {done.returncode}: {done.stderr[-500:]}"
            )
        return done.stdout + done.stderr


def refuse_closed(place: Path, who: RunAsUser) -> None:
    """Refuse a place that this user cannot come to; folders that do not exist yet are made open.

    Raises:
        RuntimeFailure: a folder on the way is closed to the user; with its mode.
    """
    if who.uid is None:
        return
    for folder in filter(Path.is_dir, place.parents):
        about = folder.stat()
        enters = {who.uid: stat.S_IXUSR}.get(about.st_uid) or (
            stat.S_IXGRP if about.st_gid == who.gid else stat.S_IXOTH
        )
        if not about.st_mode & enters:
            name, mode = pwd.getpwuid(who.uid).pw_name, stat.S_IMODE(about.st_mode)
            raise RuntimeFailure(
                f"PostgreSQL runs as {name}, who may not enter {folder} (mode {mode:04o}); "
                f"chmod o+x {folder}, or another HARNESS_CACHE"
            )


def give(place: Path, who: RunAsUser) -> None:
    """Let a file, or a folder with all that is in it, belong to that user."""
    if who.uid is None or who.gid is None:
        return
    below = place.rglob("*") if place.is_dir() else ()
    for path in [place, *below]:
        os.chown(path, who.uid, who.gid, follow_symlinks=False)
