-- A task's assignments are those that are open: who had it before is in the log, with the reason, and nothing looked for it
-- here (docs/decisions/0023). Its key last, for the reason in 0006.
-- Whoever still writes waits, and then fails: what ended only after it was looked for here would be taken for open.
LOCK TABLE tasks, assignments IN ACCESS EXCLUSIVE MODE;
DELETE FROM assignments WHERE ended_at IS NOT NULL;
UPDATE assignments a SET position = now.position
  FROM (SELECT ctid, row_number() OVER (PARTITION BY task_id ORDER BY assigned_version, position) - 1 AS position
          FROM assignments) now
 WHERE a.ctid = now.ctid AND a.position <> now.position;
ALTER TABLE assignments DROP CONSTRAINT assignments_pkey, DROP COLUMN ended_at, DROP COLUMN ended_reason;
CREATE INDEX assignments_by_assignee ON assignments (workspace, assignee, due_at, task_id, assigned_version);
CREATE INDEX assignments_delegated ON assignments (workspace) WHERE on_behalf_of <> '';
ALTER TABLE assignments ADD PRIMARY KEY (task_id, assigned_version, assignee, on_behalf_of);
