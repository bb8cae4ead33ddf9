"""Ownership of files that we load: ours, root's, those of trusted users; never a third user's.

Trusted are this user, root and the owner of the machine's root folder; for root also the owner of
the working folder (a checkout in a container) and who used sudo; and HARNESS_TRUST_UID. A path is
as safe as every folder on the way to it: who may write to one can put anything below it.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
import struct
from collections.abc import Iterator
from pathlib import Path

from harness.private import user_name

VARIABLE = "HARNESS_TRUST_UID"
# Source: acl(5), linux/posix_acl_xattr.h: a version, then tag, permissions and id of each entry.
ACL, ENTRY, ACL_USER, ACL_GROUP, WRITE = "system.posix_acl_access", "<HHI", 0x02, 0x08, 2


def trusted() -> dict[int, str]:
    """User ids that may own what we run by, and why."""
    found = {os.geteuid(): "this user", 0: "root", Path("/").stat().st_uid: "owner of /"}
    if os.geteuid() == 0:
        found.setdefault(Path.cwd().stat().st_uid, "owner of the working folder")
        if (sudo := os.environ.get("SUDO_UID", "")).isdigit():
            found.setdefault(int(sudo), "SUDO_UID")
    if (given := os.environ.get(VARIABLE, "")).isdigit():
        found.setdefault(int(given), VARIABLE)
    return found


def named() -> list[str]:
    """Third users that are trusted: `trusting user ci (owner of the working folder)`."""
    own = {os.geteuid(), 0, Path("/").stat().st_uid}
    return [f"trusting {user_name(u)} ({why})" for u, why in trusted().items() if u not in own]


def foreign(path: Path) -> str:
    """Why a path is not safe to run by, with the user's name; "" when it is, or is not there."""
    uids = set(trusted())
    for step in _steps(path):
        found = step.lstat()
        if found.st_uid not in uids:
            return f"{step} belongs to {user_name(found.st_uid)}{_remedy(found.st_uid)}"
        if stat.S_ISLNK(found.st_mode):
            continue  # its own mode says nothing; the way to where it leads was walked
        if stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX:
            continue  # as /tmp: nobody can replace what belongs to another there
        if found.st_mode & stat.S_IWOTH:
            return f"{step} may be written by every user; chmod o-w {step}"
        if found.st_mode & stat.S_IWGRP and (other := _other_member(found.st_gid, uids)):
            return f"{step} may be written by {other}, of its group; chmod g-w {step}"
        if found.st_mode & stat.S_IWGRP and (other := _other_of_list(step, uids)):
            return f"{step} may be written by {other}, of its access list; setfacl -b {step}"
    return ""


def shared(folder: Path) -> str:
    """Why what is run must not lie in a folder such as /tmp, where interpreters look for what it
    imports: anybody may have put it there; "" when it may."""
    if folder.is_dir() and folder.stat().st_mode & stat.S_IWOTH:
        return f"every user may put files into {folder}; move it to a folder of your own"
    return ""


def _remedy(uid: int) -> str:
    return f"; use one of your own, or trust that user: {VARIABLE}={uid}"


def _steps(path: Path) -> Iterator[Path]:
    """Every folder and link on the way, and the path, as far as they are there."""
    way = Path(os.path.abspath(path))
    for step in [*reversed(way.parents), way]:
        if not os.path.lexists(step):
            return
        if step.is_symlink():
            yield step
            yield from _steps(step.resolve())
        else:
            yield step


def _other_of_list(path: Path, uids: set[int]) -> str:
    """Who is not trusted and may write by an access control list; "" where there is none. Its mask
    stands in the mode in place of the group's rights."""
    try:
        raw = os.getxattr(path, ACL)
        entries = list(struct.iter_unpack(ENTRY, raw[4:]))
    except (OSError, struct.error):
        return ""
    for tag, may, who in entries:
        if tag == ACL_USER and may & WRITE and who not in uids:
            return user_name(who)
        if tag == ACL_GROUP and may & WRITE and (other := _other_member(who, uids)):
            return other
    return ""


def _other_member(gid: int, uids: set[int]) -> str:
    """A member of a group who is not trusted; a group of one's own has none."""
    try:
        names = grp.getgrgid(gid).gr_mem
    except KeyError:
        names = []
    by_name = [user for user in pwd.getpwall() if user.pw_name in names or user.pw_gid == gid]
    return next((user_name(user.pw_uid) for user in by_name if user.pw_uid not in uids), "")
