"""What the store in PostgreSQL says to it.

`settled_s` is a column of its own, not an index on `body`: an update that leaves it alone needs no
new entry in any index (a heap-only tuple).
Source: PostgreSQL 15, README.HOT.
"""

SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    kind text NOT NULL, id text NOT NULL, version integer NOT NULL DEFAULT 1, body jsonb NOT NULL,
    settled_s double precision, PRIMARY KEY (kind, id));
CREATE INDEX IF NOT EXISTS records_settled ON records (kind, settled_s) WHERE settled_s IS NOT NULL;
CREATE TABLE IF NOT EXISTS outbox (
    id bigserial PRIMARY KEY, kind text NOT NULL, key text NOT NULL,
    due_s double precision NOT NULL, leased_until_s double precision NOT NULL DEFAULT '-infinity',
    attempts integer NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS outbox_due ON outbox (kind, due_s);
"""
GET = "SELECT body FROM records WHERE kind = $1 AND id = $2"
INSERT = "INSERT INTO records (kind, id, body, settled_s) VALUES ($1, $2, $3, $4)"
PUT = f"""{INSERT} ON CONFLICT (kind, id) DO UPDATE
    SET body = excluded.body, settled_s = excluded.settled_s, version = records.version + 1"""
ADD = f"{INSERT} ON CONFLICT DO NOTHING"
SETTLED = "SELECT body FROM records WHERE kind = $1 AND settled_s >= $2 AND settled_s < $3"
ENQUEUE = "INSERT INTO outbox (kind, key, due_s) VALUES ($1, $2, $3)"
CLAIM = """UPDATE outbox SET leased_until_s = $2 + $4, attempts = attempts + 1 WHERE id IN (
    SELECT id FROM outbox WHERE kind = $1 AND due_s <= $2 AND leased_until_s <= $2
    ORDER BY due_s, id LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING id, kind, key, due_s, attempts"""
NEXT_DUE = "SELECT min(greatest(due_s, leased_until_s)) FROM outbox WHERE kind = $1"
RELEASE = """
UPDATE outbox SET leased_until_s = '-infinity'
WHERE ($1 = '' OR kind = $1) AND id <> ALL ($2::bigint[])
"""
FINISH = "DELETE FROM outbox WHERE id = ANY ($1::bigint[])"
RESCHEDULE = """
UPDATE outbox SET due_s = $2, leased_until_s = '-infinity' WHERE id = ANY ($1::bigint[])
"""
