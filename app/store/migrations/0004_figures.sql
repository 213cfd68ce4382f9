-- Figures of a month, which may have hundreds of thousands of tasks, are made of indexes alone.

DROP INDEX tasks_by_creation;
CREATE INDEX tasks_by_creation ON tasks (workspace, created_at, id) INCLUDE (workflow, step, status, level);
ALTER TABLE answers DROP CONSTRAINT answers_pkey,
    ADD PRIMARY KEY (task_id, reviewer) INCLUDE (assigned_at, answered_at);
ALTER TABLE feedback DROP CONSTRAINT feedback_pkey, ADD PRIMARY KEY (task_id, reviewer) INCLUDE (rating);
CREATE INDEX feedback_scored ON feedback (task_id, reviewer) WHERE scores <> '{}';
