-- name: may_act
-- Part of the two that follow: what one person may act on. Not what somebody else has claimed, nor what they, or somebody
-- for them, have answered already, nor what any of the people behind their key ($4) opened where that bars them.
-- (OFFSET: looked up for each assignment as it is read. Joined, in a plan made while the tables were small, they would be
-- read whole, or the whole inbox for a page of it.)
(a.claimed_by IS NULL OR a.claimed_by = $3)
               AND ($7::boolean IS NULL OR (a.claimed_by IS NOT NULL) = $7)
               AND EXISTS (SELECT FROM tasks t WHERE t.id = a.task_id
                              AND NOT (t.separation_of_duties AND t.openers && $4::text[])
                              AND ($5::text[] IS NULL OR t.urgency = ANY ($5))
                              AND ($6::text IS NULL OR t.workflow = $6) OFFSET 0)
               AND NOT EXISTS (SELECT FROM answers w
                                WHERE w.task_id = a.task_id AND $3 IN (w.reviewer, w.on_behalf_of) OFFSET 0)

-- name: list_assignments
-- The assignments of these assignees, most urgent deadline first, after a place in that order; and the head of the
-- log at the same moment (one row at the least, without an assignment where there is none).
-- (Values in a SELECT of their own: see follow_log in events.sql.)
SELECT w.head, w.epoch, a.*
  FROM workspaces w
  LEFT JOIN LATERAL (
      SELECT one.*
        FROM unnest((SELECT $2::text[])) AS mine (assignee)
       CROSS JOIN LATERAL (
            SELECT a.task_id, a.assignee, a.level, a.reason, a.assigned_at, a.assigned_version, a.due_at,
                   a.on_behalf_of, a.claimed_by, a.claim_expires_at
              FROM assignments a
             WHERE a.workspace = $1 AND a.assignee = mine.assignee
               -- where in the index to begin; what is past the place, the next line says
               AND (a.due_at, a.task_id) >= ((SELECT coalesce($8::timestamptz, '-infinity')),
                                             (SELECT coalesce($9::uuid, '00000000-0000-0000-0000-000000000000')))
               AND ((SELECT $8::timestamptz) IS NULL
                    OR (a.due_at, a.task_id, a.assignee || ' ' || a.on_behalf_of) > ($8, $9, $10::text))
               AND {may_act}
             ORDER BY a.due_at, a.task_id, a.assignee || ' ' || a.on_behalf_of
             LIMIT (SELECT $11::integer)) one
       ORDER BY one.due_at, one.task_id, one.assignee || ' ' || one.on_behalf_of
       LIMIT (SELECT $11::integer)) a ON true
 WHERE w.id = $1
 ORDER BY a.due_at, a.task_id, a.assignee || ' ' || a.on_behalf_of;

-- name: count_assignments
-- How many assignments these assignees have that fit the filter, counted up to $8.
SELECT count(*) FROM (
    SELECT FROM unnest($2::text[]) AS mine (assignee)
     CROSS JOIN LATERAL (
           SELECT FROM assignments a
             WHERE a.workspace = $1 AND a.assignee = mine.assignee
               AND {may_act}
             ORDER BY a.due_at OFFSET 0) one
     LIMIT $8) AS counted;
