"""A PostgreSQL of the run's own: data from a template, a password nobody sees, loopback only."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import RuntimeFailure
from harness.foreign import DatabasePlan
from harness.private import write_private
from harness.runtimes.process.tools import RunAsUser, Tools, give
from harness.runtimes.real.loopback import HOST
from harness.runtimes.real.procs import UNPRIVILEGED, database_account
from harness.runtimes.real.sockets import PG_DATABASE, PG_USER
from harness.runtimes.real.standby import (
    AUTO_CONF,
    MAKE_SLOT,
    REPLICATED,
    STANDBY_SIGNAL,
    waiting,
)

ERROR = " ERROR: "
WAL_MB = 1  # chosen: of a segment; a primary that is wound back is sent each as a whole

# fsync stays on: what is promised to survive a crash is being tested. The rest makes it small.
# mmap: segments in /dev/shm would outlive a killed server.
CONFIG = """
listen_addresses = '{host}'
unix_socket_directories = ''
max_connections = 60
shared_buffers = 16MB
dynamic_shared_memory_type = mmap
max_wal_size = 256MB
min_wal_size = 4MB
log_min_messages = warning
"""
ACCESS = "host {database} {role} {host}/32 scram-sha-256\n"


def account() -> RunAsUser:
    """An unprivileged user: PostgreSQL refuses to run as root.

    Raises:
        RuntimeFailure: we are root and the machine has no such user.
    """
    if os.geteuid() != 0:
        return RunAsUser()
    if user := database_account():
        return RunAsUser(user.pw_uid, user.pw_gid)
    raise RuntimeFailure(
        "PostgreSQL does not run as root, and there is no user "
        f"{' or '.join(UNPRIVILEGED)} to run it as; run the harness as another user"
    )


@dataclass(frozen=True)
class PrepareJob:
    """A data folder to make.

    Args:
        tools: initdb and postgres.
        data: what to make.
        templates: where a fresh data folder is kept, so that initdb (1-3 s) runs once a machine.
        password: of the only role; given to the server through a pipe.
        plan: role, database and scripts of the target's own.
        standby: the data folder of its standby, a copy made while neither runs; None without.
        passfile: for programs of PostgreSQL's own user.
    """

    tools: Tools
    data: Path
    templates: Path
    password: str
    plan: DatabasePlan = field(default_factory=DatabasePlan)
    standby: Path | None = None
    passfile: Path | None = None


def prepare(job: PrepareJob) -> None:
    """Make a data folder that is ready to start.

    Raises:
        RuntimeFailure: a program of PostgreSQL failed; with its last words.
    """
    shutil.copytree(_template(job), job.data)
    give(job.data, job.tools.who)
    with (job.data / "postgresql.conf").open("a") as file:
        file.write(CONFIG.format(host=HOST) + (REPLICATED if job.standby else ""))
    plan = job.plan
    own = {(PG_DATABASE, PG_USER), (plan.database or PG_DATABASE, plan.role or PG_USER)}
    own |= {("replication", PG_USER)} if job.standby else set()
    access = [ACCESS.format(database=one, role=role, host=HOST) for one, role in sorted(own)]
    (job.data / "pg_hba.conf").write_text("".join(access))
    sql = [f"ALTER ROLE {PG_USER} PASSWORD '{job.password}'"]
    if job.standby:
        sql.append(MAKE_SLOT)
    if plan.role:
        sql.append(f"CREATE ROLE {plan.role} LOGIN PASSWORD '{job.password}'")
    if plan.database:
        sql.append(f"CREATE DATABASE {plan.database} OWNER {plan.role or PG_USER}")
    _sql(job, PG_DATABASE, "roles and databases", sql)
    for script in plan.scripts:
        _sql(job, plan.database or PG_DATABASE, str(script), [*_as(plan), script.read_text()])
    if job.standby and job.passfile:
        _copy_for_standby(job, job.standby, job.passfile)


def _copy_for_standby(job: PrepareJob, standby: Path, passfile: Path) -> None:
    """The same data once more, to follow the first; both wait for their standby when primary."""
    (job.data / AUTO_CONF).write_text(waiting(wait=True))
    shutil.copytree(job.data, standby)
    (standby / STANDBY_SIGNAL).touch()
    give(standby, job.tools.who)
    write_private(passfile, f"*:*:*:{PG_USER}:{job.password}\n")
    give(passfile, job.tools.who)


def _as(plan: DatabasePlan) -> list[str]:
    """What is made belongs to the target's own role."""
    return [f"SET SESSION AUTHORIZATION {plan.role}"] if plan.role else []


def _sql(job: PrepareJob, database: str, what: str, commands: list[str]) -> None:
    """Run SQL in the single-user mode, which goes on after an error and ends with 0 nevertheless.

    Raises:
        RuntimeFailure: a statement failed; with the server's words.
    """
    # -F: nothing is lost that the run would miss, and every file would be synced at the end.
    argv = ["postgres", "--single", "-F", "-j", "-D", str(job.data), database]
    text = "".join(f"{one.rstrip().rstrip(';')};\n\n" for one in commands)
    said = job.tools.run(argv, what, text).splitlines()
    wrong = [line for line in said if ERROR in line]
    if wrong:
        raise RuntimeFailure(f"PostgreSQL, {what}: {wrong[0].partition(ERROR)[2].strip()}")


def _template(job: PrepareJob) -> Path:
    """The template for this PostgreSQL and user, made on first use."""
    version = job.tools.run(["postgres", "--version"], "asking for its version").split()[2]
    owner = os.geteuid() if job.tools.who.uid is None else job.tools.who.uid
    kept = job.templates / f"postgres-{version}-{owner}-{WAL_MB}"
    if kept.is_dir():
        return kept
    draft = job.templates / f".making-{kept.name}-{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    give(draft, job.tools.who)
    # reject: nobody can log in to a template; each copy gets its own pg_hba.conf.
    initdb = ["initdb", "-D", str(draft), "-U", PG_USER, "--no-sync", "--auth=reject"]
    job.tools.run([*initdb, f"--wal-segsize={WAL_MB}", "--encoding=UTF8", "--locale=C"], "initdb")
    try:
        draft.rename(kept)
    except OSError:  # another run was faster: its folder is as good
        shutil.rmtree(draft)
    return kept
