-- name: read_head
-- The number of the newest event of a workspace and the epoch of its log.
SELECT head, epoch FROM workspaces WHERE id = $1;

-- name: of_task
-- Part of what follows: what an event says of its task. (OFFSET: looked up for each event, whatever the tables' sizes were
-- when this was planned.)
SELECT workflow, run_id FROM tasks WHERE id = e.task_id OFFSET 0

-- name: follow_log
-- For each workspace, the next events after a position; at most $3 of each. One read for all that a process follows.
-- (Values in a SELECT of their own are not known when it is planned, so no plan for just these seems better than the one
-- that is kept: else it would be planned anew at each call, which takes longer than the call.)
SELECT e.*, t.workflow, t.run_id
  FROM unnest((SELECT $1::text[]), (SELECT $2::bigint[])) AS f (workspace, position)
 CROSS JOIN LATERAL (
      SELECT * FROM events WHERE workspace = f.workspace AND seq > f.position ORDER BY seq LIMIT (SELECT $3::integer)) e
 CROSS JOIN LATERAL ({of_task}) t
 ORDER BY e.workspace, e.seq;

-- name: in_range
-- Part of what follows: after $2, up to $3.
seq > (SELECT $2::bigint) AND seq <= (SELECT $3::bigint)

-- name: list_events
-- The events of a workspace in ($2, $3] that fit the conditions given, oldest first. Only those that are asked for go into
-- the statement: "$?" stands for a condition's value.
-- Where certain tasks are asked for, their own events are read and not the log.
SELECT e.*, t.workflow, t.run_id
  FROM %(source)s
 CROSS JOIN LATERAL ({of_task}) t
 WHERE e.workspace = $1 AND {in_range}%(conditions)s
 ORDER BY e.seq
 LIMIT (SELECT $4::integer);

-- name: list_events_of_workflow
-- The same where a workflow or a run is asked for: by the log or by the tasks, whichever is shorter for just these values. So
-- it is to be planned at each call, and is: no plan that had to serve null as well would be as good.
SELECT e.*, t.workflow, t.run_id
  FROM events e
  JOIN tasks t ON t.id = e.task_id
 WHERE e.workspace = $1 AND e.seq > $2 AND e.seq <= $3
   AND ($5::text IS NULL OR t.workflow = $5)
   AND ($6::text IS NULL OR t.run_id = $6)
   AND ($7::text[] IS NULL OR e.audience && $7)
   AND ($8::text[] IS NULL OR e.concerns && $8)
   AND ($9::text[] IS NULL OR e.type = ANY ($9))
 ORDER BY e.seq
 LIMIT $4;

-- name: from_log
events e;

-- name: from_tasks
(SELECT DISTINCT id FROM unnest((SELECT $5::uuid[])) AS id) AS one
 CROSS JOIN LATERAL (SELECT * FROM events WHERE task_id = one.id AND {in_range} OFFSET 0) e;

-- name: where_tokens
-- What the holder of these tokens may see.
e.audience && (SELECT $?::text[]);

-- name: where_concerns
e.concerns && (SELECT $?::text[]);

-- name: where_types
e.type = ANY ((SELECT $?::text[])::text[]);

-- name: where_workflow
t.workflow = (SELECT $?::text);

-- name: where_run_id
t.run_id = (SELECT $?::text);

-- name: list_events_of_tasks
-- For each of these tasks, in order, its events after a position, oldest first; at most so many of each.
SELECT one.n, e.*, t.workflow, t.run_id
  FROM unnest((SELECT $1::uuid[]), (SELECT $2::bigint[]), (SELECT $3::integer[]))
       WITH ORDINALITY AS one (task_id, position, most, n)
 CROSS JOIN LATERAL (
      SELECT * FROM events WHERE task_id = one.task_id AND seq > one.position ORDER BY seq LIMIT one.most) e
 CROSS JOIN LATERAL ({of_task}) t
 ORDER BY one.n, e.seq;
