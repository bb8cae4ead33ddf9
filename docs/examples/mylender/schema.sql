CREATE TABLE loans (
    id text PRIMARY KEY,
    customer_id text NOT NULL,
    amount_cents bigint NOT NULL,
    status text NOT NULL
);
