-- name: read_head
-- The number of the newest event of a workspace and the epoch of its log.
SELECT head, epoch FROM workspaces WHERE id = $1;

-- name: follow_log
-- For each workspace, the next events after a position; at most $3 of each. One read for all that a process follows.
SELECT e.*, t.workflow, t.run_id
  FROM unnest($1::text[], $2::bigint[]) AS f (workspace, position)
 CROSS JOIN LATERAL (
      SELECT * FROM events WHERE workspace = f.workspace AND seq > f.position ORDER BY seq LIMIT $3) e
  JOIN tasks t ON t.id = e.task_id
 ORDER BY e.workspace, e.seq;

-- name: list_events
-- The events of a workspace in ($2, $3] that fit the filter and that the holder of these tokens may see, oldest first.
SELECT e.*, t.workflow, t.run_id
  FROM events e
  JOIN tasks t ON t.id = e.task_id
 WHERE e.workspace = $1 AND e.seq > $2 AND e.seq <= $3
   AND ($4::text[] IS NULL OR e.audience && $4)
   AND ($5::uuid[] IS NULL OR e.task_id = ANY ($5))
   AND ($6::text[] IS NULL OR e.type = ANY ($6))
   AND ($7::text IS NULL OR t.workflow = $7)
   AND ($8::text IS NULL OR t.run_id = $8)
   AND ($9::text[] IS NULL OR e.concerns && $9)
 ORDER BY e.seq
 LIMIT $10;

-- name: list_task_events
-- The events of one task after a position, oldest first.
SELECT e.*, t.workflow, t.run_id
  FROM events e
  JOIN tasks t ON t.id = e.task_id
 WHERE e.task_id = $1 AND e.seq > $2
 ORDER BY e.seq
 LIMIT $3;
