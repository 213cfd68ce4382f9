-- name: list_assignments
-- The open assignments of these assignees, most urgent deadline first, after a place in that order; and the head of the
-- log at the same moment (one row at the least, without an assignment where there is none).
SELECT w.head, w.epoch, a.*
  FROM workspaces w
  LEFT JOIN LATERAL (
      SELECT one.*
        FROM unnest($2::text[]) AS mine (assignee)
       CROSS JOIN LATERAL (
            SELECT a.task_id, a.assignee, a.level, a.reason, a.assigned_at, a.assigned_version, a.due_at
              FROM assignments a
              JOIN tasks t ON t.id = a.task_id
             WHERE a.workspace = $1 AND a.assignee = mine.assignee AND a.ended_at IS NULL
               AND ($3::text[] IS NULL OR t.urgency = ANY ($3))
               AND ($4::text IS NULL OR t.workflow = $4)
               AND ($5::timestamptz IS NULL
                    OR (a.due_at, a.task_id, a.assignee) > ($5, $6::uuid, $7::text))
             ORDER BY a.due_at, a.task_id
             LIMIT $8) one
       ORDER BY one.due_at, one.task_id, one.assignee
       LIMIT $8) a ON true
 WHERE w.id = $1
 ORDER BY a.due_at, a.task_id, a.assignee;

-- name: count_assignments
-- How many open assignments these assignees have that fit the filter, counted up to $5.
SELECT count(*) FROM (
    SELECT FROM assignments a
      JOIN tasks t ON t.id = a.task_id
     WHERE a.workspace = $1 AND a.assignee = ANY ($2::text[]) AND a.ended_at IS NULL
       AND ($3::text[] IS NULL OR t.urgency = ANY ($3))
       AND ($4::text IS NULL OR t.workflow = $4)
     LIMIT $5) AS counted;
