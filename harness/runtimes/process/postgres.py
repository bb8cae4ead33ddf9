"""A PostgreSQL of the run's own: data from a template, a password nobody sees, loopback only."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import RuntimeFailure
from harness.foreign import DatabasePlan
from harness.runtimes.real.loopback import HOST
from harness.runtimes.real.sockets import PG_DATABASE, PG_USER

STEP_S = 25.0  # chosen: initdb takes 1-3 s here
ERROR = " ERROR: "
UNPRIVILEGED = ("postgres", "nobody")

# fsync stays on: what is promised to survive a crash is being tested. The rest makes it small.
# mmap: segments in /dev/shm would outlive a killed server.
CONFIG = """
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
max_connections = 60
shared_buffers = 16MB
dynamic_shared_memory_type = mmap
max_wal_size = 256MB
log_min_messages = warning
"""
ACCESS = "host {database} {role} {host}/32 scram-sha-256\n"


@dataclass(frozen=True)
class RunAsUser:
    """The user as whom PostgreSQL runs; None for the one we are."""

    uid: int | None = None
    gid: int | None = None


def account() -> RunAsUser:
    """An unprivileged user: PostgreSQL refuses to run as root.

    Raises:
        RuntimeFailure: we are root and the machine has no such user.
    """
    if os.geteuid() != 0:
        return RunAsUser()
    for name in UNPRIVILEGED:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return RunAsUser(user.pw_uid, user.pw_gid)
    raise RuntimeFailure(
        "PostgreSQL does not run as root, and there is no user "
        f"{' or '.join(UNPRIVILEGED)} to run it as; run the harness as another user"
    )


@dataclass(frozen=True)
class PrepareJob:
    """A data folder to make.

    Args:
        binaries: folder of initdb and postgres.
        data: what to make.
        templates: where a fresh data folder is kept, so that initdb (1-3 s) runs once a machine.
        port: to listen on.
        password: of the only role; given to the server through a pipe.
        who: user that will run it.
        env: for the programs.
        plan: role, database and scripts of the target's own.
    """

    binaries: Path
    data: Path
    templates: Path
    port: int
    password: str
    who: RunAsUser
    env: Mapping[str, str]
    plan: DatabasePlan = field(default_factory=DatabasePlan)


def prepare(job: PrepareJob) -> None:
    """Make a data folder that is ready to start.

    Raises:
        RuntimeFailure: a program of PostgreSQL failed; with its last words.
    """
    shutil.copytree(_template(job), job.data)
    _give(job.data, job.who)
    with (job.data / "postgresql.conf").open("a") as file:
        file.write(CONFIG.format(host=HOST, port=job.port))
    plan = job.plan
    own = {(PG_DATABASE, PG_USER), (plan.database or PG_DATABASE, plan.role or PG_USER)}
    access = [ACCESS.format(database=one, role=role, host=HOST) for one, role in sorted(own)]
    (job.data / "pg_hba.conf").write_text("".join(access))
    sql = [f"ALTER ROLE {PG_USER} PASSWORD '{job.password}'"]
    if plan.role:
        sql.append(f"CREATE ROLE {plan.role} LOGIN PASSWORD '{job.password}'")
    if plan.database:
        sql.append(f"CREATE DATABASE {plan.database} OWNER {plan.role or PG_USER}")
    _sql(job, PG_DATABASE, "roles and databases", sql)
    for script in plan.scripts:
        _sql(job, plan.database or PG_DATABASE, str(script), [*_as(plan), script.read_text()])


def _as(plan: DatabasePlan) -> list[str]:
    """What is made belongs to the target's own role."""
    return [f"SET SESSION AUTHORIZATION {plan.role}"] if plan.role else []


def _sql(job: PrepareJob, database: str, what: str, commands: list[str]) -> None:
    """Run SQL in the single-user mode, which goes on after an error and ends with 0 nevertheless.

    Raises:
        RuntimeFailure: a statement failed; with the server's words.
    """
    argv = ["postgres", "--single", "-j", "-D", str(job.data), database]
    text = "".join(f"{one.rstrip().rstrip(';')};\n\n" for one in commands)
    said = _run(job, argv, what, text).splitlines()
    wrong = [line for line in said if ERROR in line]
    if wrong:
        raise RuntimeFailure(f"PostgreSQL, {what}: {wrong[0].partition(ERROR)[2].strip()}")


def _template(job: PrepareJob) -> Path:
    """The template for this PostgreSQL and user, made on first use."""
    version = _run(job, ["postgres", "--version"], "asking for its version").split()[2]
    owner = os.geteuid() if job.who.uid is None else job.who.uid
    kept = job.templates / f"postgres-{version}-{owner}"
    if kept.is_dir():
        return kept
    draft = job.templates / f".making-{kept.name}-{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    _give(draft, job.who)
    # reject: nobody can log in to a template; each copy gets its own pg_hba.conf.
    initdb = ["initdb", "-D", str(draft), "-U", PG_USER, "--no-sync", "--auth=reject"]
    _run(job, [*initdb, "--encoding=UTF8", "--locale=C"], "initdb")
    try:
        draft.rename(kept)
    except OSError:  # another run was faster: its folder is as good
        shutil.rmtree(draft)
    return kept


def _give(folder: Path, who: RunAsUser) -> None:
    if who.uid is None or who.gid is None:
        return
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, who.uid, who.gid, follow_symlinks=False)


def _run(job: PrepareJob, argv: list[str], what: str, stdin: str = "") -> str:
    """Run a program of PostgreSQL to its end.

    Returns:
        what it said, errors last.
    """
    program = str(job.binaries / argv[0])
    try:
        done = subprocess.run(
            [program, *argv[1:]],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=STEP_S,
            user=job.who.uid,
            group=job.who.gid,
            extra_groups=None if job.who.uid is None else [],
            process_group=0,
            env=dict(job.env),
            cwd="/",
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise RuntimeFailure(
            f"PostgreSQL, {what}: {program} ended with {error.returncode}: {error.stderr[-500:]}"
        ) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RuntimeFailure(f"PostgreSQL, {what}: {error}") from None
    return done.stdout + done.stderr
