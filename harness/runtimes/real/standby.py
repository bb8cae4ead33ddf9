"""Settings of PostgreSQL servers of which one follows the other."""

from __future__ import annotations

from harness.runtimes.real.sockets import PG_USER

# A commit waits as each session's synchronous_commit says; a standby that lost its primary looks
# for it again at once; a killed primary can be wound back, for which it needs its log from before
# the two went apart.
REPLICATED = """
wal_log_hints = on
wal_keep_size = 128MB
wal_retrieve_retry_interval = 100ms
wal_sender_timeout = 10s
wal_receiver_timeout = 10s
wal_receiver_status_interval = 1s
"""
SLOT = "standby"
MAKE_SLOT = f"SELECT pg_create_physical_replication_slot('{SLOT}')"
STANDBY_SIGNAL = "standby.signal"
AUTO_CONF = "postgresql.auto.conf"  # read last; what changes during a run stands there


def following(name: str, source: str, passfile: str) -> dict[str, object]:
    """Settings of a server that follows another one whenever it is a standby.

    Args:
        name: its own.
        source: where the link to the other one listens, as libpq says it: `host=... port=...`.
        passfile: as the server finds it.
    """
    way = f"{source} user={PG_USER} passfile={passfile} application_name={name}"
    return {"primary_conninfo": way, "primary_slot_name": SLOT}


def waiting(*, wait: bool, **more: str) -> str:
    """AUTO_CONF of a server.

    Args:
        wait: whether commits that ask for it wait for a standby.
        more: further settings.
    """
    settings = {"synchronous_standby_names": "*" if wait else "", **more}
    return "".join(f"{key} = '{value}'\n" for key, value in settings.items())
