-- Which tasks a worker has to itself for a moment, a row a lease. Only saves double work: the version guards. Unlogged: after
-- a crash of the server there are none.
CREATE UNLOGGED TABLE leases (
    id    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    until timestamptz NOT NULL,
    tasks uuid[] NOT NULL
);
-- The tasks that are leased now, but for lease `done`. VOLATILE: so it sees what was leased since its caller began.
CREATE FUNCTION leased(done uuid) RETURNS SETOF uuid LANGUAGE sql VOLATILE AS $$
    SELECT unnest(tasks) FROM leases WHERE until >= clock_timestamp() AND id IS DISTINCT FROM done
$$;
ALTER TABLE tasks DROP COLUMN leased_until;
