"""What PostgreSQL's own user needs is told before anything starts, not in initdb's words."""

from __future__ import annotations

import pwd
from pathlib import Path

import pytest

from harness.errors import RuntimeFailure
from harness.runtimes.process.tools import RunAsUser, refuse_closed

NOBODY = pwd.getpwnam("nobody")
OTHER = RunAsUser(NOBODY.pw_uid, NOBODY.pw_gid)


def test_a_closed_folder_on_the_way_is_named_with_its_remedy(tmp_path: Path) -> None:
    """A cache with the mode of a private folder is a common thing."""
    closed = tmp_path / "cache"
    closed.mkdir(mode=0o700)
    with pytest.raises(RuntimeFailure, match=r"nobody, who may not enter .* \(mode 0700\)") as told:
        refuse_closed(closed / "templates", OTHER)
    assert f"chmod o+x {closed}" in str(told.value)


def test_open_folders_are_passed_and_so_are_all_where_the_user_is_our_own(tmp_path: Path) -> None:
    """Nobody else has to come there."""
    refuse_closed(Path("/usr/lib/templates"), OTHER)
    tmp_path.chmod(0o700)
    refuse_closed(tmp_path / "templates", RunAsUser())
