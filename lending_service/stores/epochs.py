"""Who writes, as a row of the database says: a holder, until when, and an epoch that only rises."""

from __future__ import annotations

from lending_service.stores.connecting import TROUBLE
from lending_service.stores.driver import Queries
from lending_service.stores.port import NotTheWriter, StoreUnavailable
from lending_service.stores.waits import left_s

TABLE = """
CREATE TABLE IF NOT EXISTS writer (
    one boolean NOT NULL UNIQUE CHECK (one), epoch bigint PRIMARY KEY, holder text NOT NULL,
    until timestamptz NOT NULL);
INSERT INTO writer VALUES (true, 0, '', '-infinity') ON CONFLICT DO NOTHING;
"""
# A renewal that waited for a standby would end the lease of a primary that has lost its own.
RENEW = """
UPDATE writer SET until = clock_timestamp() + $2 * interval '1 second' WHERE holder = $1
RETURNING epoch, set_config('synchronous_commit', 'local', true)
"""
TAKE = """
UPDATE writer SET epoch = epoch + 1, holder = $1,
    until = clock_timestamp() + $2 * interval '1 second'
WHERE until < clock_timestamp() - $3 * interval '1 second' RETURNING epoch
"""
# Its key: whoever takes the epoch waits for those who write under it, a renewal does not.
HOLDS = "SELECT epoch FROM writer WHERE epoch = $1 FOR KEY SHARE"


PASSIVE = -1  # no epoch: whoever has it writes nothing


class Epochs:
    """The epochs of one instance.

    Args:
        queries: connections to the server that takes writes.
        holder: the name of the instance.
        lease_s: how long an epoch is held without being renewed.
        grace_s: how much later than its end another instance's epoch is taken.
    """

    def __init__(self, queries: Queries, holder: str, lease_s: float, grace_s: float) -> None:
        self._queries = queries
        self._holder = holder
        self._lease_s, self._grace_s = lease_s, grace_s

    async def prepare(self) -> None:
        """Create what is missing."""
        await self._queries.execute(TABLE)

    async def held(self) -> int:
        """The epoch that this instance holds from now on; 0 while another one does.

        Raises:
            StoreUnavailable: nobody knows.
        """
        try:
            own = await self._queries.fetchval(RENEW, self._holder, self._lease_s)
            taking = self._holder, self._lease_s, self._grace_s
            return own or await self._queries.fetchval(TAKE, *taking) or 0
        except TROUBLE as error:
            raise StoreUnavailable(f"epoch: {type(error).__name__}: {error}") from error


async def fence(connection: Queries, epoch: int) -> None:
    """Let a transaction that has begun be of this epoch.

    Raises:
        NotTheWriter: another instance writes under a later one.
    """
    if await connection.fetchval(HOLDS, epoch, timeout=left_s()) is None:
        raise NotTheWriter(f"epoch {epoch} is over: another instance writes")
