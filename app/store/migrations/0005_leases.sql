-- Which tasks a worker has to itself for a moment, a row a lease. Only saves double work: the version guards. Unlogged: after
-- a crash of the server there are none.
CREATE UNLOGGED TABLE leases (
    id    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    until timestamptz NOT NULL,
    tasks uuid[] NOT NULL
);
ALTER TABLE tasks DROP COLUMN leased_until;
