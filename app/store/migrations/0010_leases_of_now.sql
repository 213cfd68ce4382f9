-- As in 0005; and a lease that is further ahead than any lasts counts for nothing: it is of a clock that has gone back.
CREATE OR REPLACE FUNCTION leased(done uuid) RETURNS SETOF uuid LANGUAGE sql VOLATILE AS $$
    SELECT unnest(tasks) FROM leases
     WHERE until BETWEEN clock_timestamp() AND clock_timestamp() + interval '1 minute' AND id IS DISTINCT FROM done
$$;
