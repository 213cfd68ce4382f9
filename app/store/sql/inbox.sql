-- name: may_act
-- Part of the two that follow: what one person may act on. Not what somebody else has claimed, nor what they, or somebody
-- for them, have answered already, nor what they opened where that bars them.
(a.claimed_by IS NULL OR a.claimed_by = $3)
               AND NOT EXISTS (SELECT FROM answers w WHERE w.task_id = a.task_id AND $3 IN (w.reviewer, w.on_behalf_of))
               AND NOT (t.separation_of_duties AND $3 = ANY (t.openers))
               AND ($4::text[] IS NULL OR t.urgency = ANY ($4))
               AND ($5::text IS NULL OR t.workflow = $5)
               AND ($6::boolean IS NULL OR (a.claimed_by IS NOT NULL) = $6)

-- name: list_assignments
-- The open assignments of these assignees, most urgent deadline first, after a place in that order; and the head of the
-- log at the same moment (one row at the least, without an assignment where there is none).
SELECT w.head, w.epoch, a.*
  FROM workspaces w
  LEFT JOIN LATERAL (
      SELECT one.*
        FROM unnest($2::text[]) AS mine (assignee)
       CROSS JOIN LATERAL (
            SELECT a.task_id, a.assignee, a.level, a.reason, a.assigned_at, a.assigned_version, a.due_at,
                   a.on_behalf_of, a.claimed_by, a.claim_expires_at
              FROM assignments a
              JOIN tasks t ON t.id = a.task_id
             WHERE a.workspace = $1 AND a.assignee = mine.assignee AND a.ended_at IS NULL
               AND {may_act}
               AND ($7::timestamptz IS NULL
                    OR (a.due_at, a.task_id, a.assignee || ' ' || a.on_behalf_of) > ($7, $8::uuid, $9::text))
             ORDER BY a.due_at, a.task_id, a.assignee || ' ' || a.on_behalf_of
             LIMIT $10) one
       ORDER BY one.due_at, one.task_id, one.assignee || ' ' || one.on_behalf_of
       LIMIT $10) a ON true
 WHERE w.id = $1
 ORDER BY a.due_at, a.task_id, a.assignee || ' ' || a.on_behalf_of;

-- name: count_assignments
-- How many open assignments these assignees have that fit the filter, counted up to $7.
SELECT count(*) FROM (
    SELECT FROM assignments a
      JOIN tasks t ON t.id = a.task_id
     WHERE a.workspace = $1 AND a.assignee = ANY ($2::text[]) AND a.ended_at IS NULL
       AND {may_act}
     LIMIT $7) AS counted;
