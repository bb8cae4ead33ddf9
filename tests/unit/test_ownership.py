"""Whose files are run by: never a third user's, and he is named."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from harness.errors import ConfigError, RuntimeFailure
from harness.ownership import VARIABLE, foreign, named
from harness.plugins import load
from harness.registry import vocabulary_of
from harness.store import new_folder
from harness.target_file.build import load as load_target
from harness.toolchain import find_toxiproxy
from harness.undo.leases import active_dir

NOBODY = 65_534
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A folder of another user."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    return folder


def test_our_own_is_no_problem_and_what_is_not_there_neither(tmp_path: Path) -> None:
    """Nothing is asked of who works alone."""
    assert foreign(tmp_path) == ""
    assert foreign(tmp_path / "absent" / "deeper") == ""


def test_what_everybody_may_write_to_is_refused(tmp_path: Path) -> None:
    """Below a sticky folder each keeps his own, as in /tmp."""
    open_, own = tmp_path / "open", tmp_path / "open" / "own"
    own.mkdir(parents=True)
    open_.chmod(0o777)
    assert "may be written by every user" in foreign(own)
    open_.chmod(0o1777)
    assert foreign(own) == ""


def test_a_target_does_not_lie_where_everybody_may_put_files(tmp_path: Path) -> None:
    """An interpreter looks beside it for what it imports, and so does whatever that imports."""
    (tmp_path / "target.py").write_text("TARGET = 1")
    tmp_path.chmod(0o1777)
    with pytest.raises(ConfigError, match="every user may put files into"):
        load(str(tmp_path / "target.py"))


def test_a_run_folder_from_elsewhere_names_no_code_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path from where the reader stands would be found in what was unpacked there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "target.py").write_text("open('ran', 'w')")
    for recorded in ("target.py", "./target.py", "runs/../target.py"):
        with pytest.raises(ConfigError, match=r"no whole path.*--target FILE"):
            vocabulary_of({"target": {"source": recorded}})
    assert not (tmp_path / "ran").exists()


@AS_ROOT
def test_another_users_folder_is_refused_with_his_name(theirs: Path) -> None:
    """Also on the way, and behind a link."""
    link = theirs.parent / "link"
    link.symlink_to(theirs)
    for path in (theirs, theirs / "below", link):
        assert "belongs to user nobody" in foreign(path) or path == theirs / "below"
    (theirs / "below").mkdir()
    assert "theirs belongs to user nobody" in foreign(theirs / "below")
    assert f"{VARIABLE}={NOBODY}" in foreign(theirs)


@AS_ROOT
def test_a_user_who_is_trusted_by_name_may_own_it(
    theirs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a run says so."""
    monkeypatch.setenv(VARIABLE, str(NOBODY))
    assert foreign(theirs) == ""
    assert named() == [f"trusting user nobody ({VARIABLE})"]


@AS_ROOT
def test_a_checkout_of_another_user_works_for_root(
    theirs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container of a CI system."""
    monkeypatch.chdir(theirs)
    assert foreign(theirs) == ""
    assert named() == ["trusting user nobody (owner of the working folder)"]


@AS_ROOT
def test_cache_runs_parts_and_targets_of_another_user_are_refused(
    theirs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything of them is run or written."""
    monkeypatch.setenv("HARNESS_CACHE", str(theirs))
    with pytest.raises(RuntimeFailure, match=r"cache folder: .* belongs to user nobody"):
        active_dir()
    with pytest.raises(RuntimeFailure, match=r"run folder: .* belongs to user nobody"):
        new_folder(theirs, "x")
    server, target = theirs / "toxiproxy-server", theirs / "target.py"
    server.write_text("#!/bin/sh\ntouch " + str(theirs.parent / "ran"))
    server.chmod(0o755)
    target.write_text(f"open({str(theirs.parent / 'ran')!r}, 'w')")
    monkeypatch.setenv("TOXIPROXY_SERVER", str(server))
    with pytest.raises(ConfigError, match="belongs to user nobody"):
        find_toxiproxy()
    with pytest.raises(ConfigError, match="belongs to user nobody"):
        load(str(target))
    assert not (theirs.parent / "ran").exists()


@AS_ROOT
@pytest.mark.parametrize(
    "program",
    [
        "command: [python3, theirs/file]",
        "command: [python3, -m, file], cwd: theirs",
        "compose: theirs/file",
        "postgres: {init: [theirs/file]}",
    ],
)
def test_what_a_target_file_has_run_is_refused_with_its_place(
    program: str, theirs: Path, tmp_path: Path
) -> None:
    """The file is ours, and what it names is another user's."""
    (theirs / "file").write_text("")
    document = tmp_path / "target.yaml"
    document.write_text(
        f"target: x\nentry: front\nprograms:\n  front: {{running: '127.0.0.1:80'}}\n"
        f"  one: {{{program}}}\noperations: {{ask: {{get: /}}}}\n"
        "journeys: {asks: [{do: ask}]}\npromises: {}\n"
    )
    with pytest.raises(
        ConfigError, match=r"target\.yaml:5:\d+: (not|nothing is) run.* user nobody"
    ):
        load_target(document)


def test_a_run_folder_is_looked_at_again_once_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user may make the folder above it between the look and the making."""
    seen: list[bool] = []

    def late(path: Path) -> str:
        seen.append(path.is_dir())
        return "it belongs to somebody" if path.is_dir() else ""

    monkeypatch.setattr("harness.store.foreign", late)
    with pytest.raises(RuntimeFailure, match="run folder: it belongs to somebody"):
        new_folder(tmp_path / "runs", "x01")
    assert seen == [False, True]
    assert not list(tmp_path.glob("runs/x01/latest"))


@pytest.mark.parametrize(("tag", "who", "refused"), [
    ("user", NOBODY, True), ("user", os.geteuid(), False), ("group", 65_534, True),
])  # fmt: skip
def test_an_access_list_lets_nobody_in_whom_the_mode_does_not_name(
    tag: str, who: int, refused: bool, tmp_path: Path
) -> None:
    """With one, the group's bits are its mask: a group of one's own says nothing."""
    file = tmp_path / "target.py"
    file.touch()
    nobody = 0xFFFFFFFF
    named = {"user": 0x02, "group": 0x08}[tag]
    tags = [(0x01, 6, nobody), (0x04, 4, nobody), (named, 6, who)]
    entries = [*sorted(tags), (0x10, 6, nobody), (0x20, 4, nobody)]
    listed = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *one) for one in entries)
    try:
        os.setxattr(file, "system.posix_acl_access", listed)
    except OSError as error:
        pytest.skip(f"this file system has no access lists: {error}")
    assert (f"{file} may be written by user" in (said := foreign(file))) is refused
    assert ("of its access list; setfacl -b" in said) is refused
