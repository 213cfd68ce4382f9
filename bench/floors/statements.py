"""What the floors of one statement a request write."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Floor:
    """Tables, and the statements that open a task ($1 to $6) and answer it ($1 to $3)."""

    tables: str
    open: str
    answer: str


ROW = Floor(
    tables="""
CREATE TABLE tasks (
    id uuid PRIMARY KEY DEFAULT uuidv7(), idempotency_key text UNIQUE, workflow text NOT NULL, run_id text,
    prompt text NOT NULL, context jsonb NOT NULL, assignee text NOT NULL, version integer NOT NULL DEFAULT 1,
    status text NOT NULL DEFAULT 'PENDING', deadline_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), reviewer text, comment text, rating integer, resolved_at timestamptz)
""",
    open="""
INSERT INTO tasks (idempotency_key, workflow, run_id, prompt, context, assignee, deadline_at)
VALUES ($1, $2, $3, $4, $5, $6, now() + interval '1 day')
RETURNING id, version, status, prompt, deadline_at, created_at
""",
    answer="""
UPDATE tasks SET status = 'APPROVED', version = version + 1, reviewer = 'anna', comment = $2, rating = $3,
       resolved_at = now()
 WHERE id = $1 AND status = 'PENDING'
RETURNING id, version, status, comment, resolved_at
""",
)
"""A task is one row, and nothing else is written: the least that can be done."""

RECORDS = Floor(
    tables="""
CREATE TABLE workspaces (id text PRIMARY KEY, head bigint NOT NULL DEFAULT 0);
INSERT INTO workspaces (id) VALUES ('bench');
CREATE TABLE tasks (
    id uuid PRIMARY KEY DEFAULT uuidv7(), workspace text NOT NULL, idempotency_key text, workflow text NOT NULL,
    run_id text, prompt text NOT NULL, context jsonb NOT NULL, version integer NOT NULL DEFAULT 1,
    status text NOT NULL DEFAULT 'PENDING', deadline_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), reviewer text, comment text, resolved_at timestamptz,
    UNIQUE (workspace, idempotency_key));
CREATE INDEX ON tasks (deadline_at) WHERE status = 'PENDING';
CREATE TABLE assignments (
    task_id uuid NOT NULL, reviewer text NOT NULL, level integer NOT NULL, active boolean NOT NULL DEFAULT true,
    PRIMARY KEY (task_id, reviewer));
CREATE INDEX ON assignments (reviewer, task_id) WHERE active;
CREATE TABLE events (
    workspace text NOT NULL, seq bigint NOT NULL, task_id uuid NOT NULL, version integer NOT NULL, type text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (workspace, seq));
CREATE TABLE feedback (task_id uuid PRIMARY KEY, rating integer, comment text)
""",
    open="""
WITH task AS (
    INSERT INTO tasks (workspace, idempotency_key, workflow, run_id, prompt, context, deadline_at)
    VALUES ('bench', $1, $2, $3, $4, $5, now() + interval '1 day')
        ON CONFLICT DO NOTHING
    RETURNING id, version, status, prompt, deadline_at, created_at
), assigned AS (
    INSERT INTO assignments (task_id, reviewer, level) SELECT id, $6, 0 FROM task
), workspace AS (
    UPDATE workspaces SET head = head + 1 WHERE id = 'bench' AND EXISTS (SELECT FROM task) RETURNING head
), logged AS (
    INSERT INTO events (workspace, seq, task_id, version, type)
    SELECT 'bench', head, id, version, 'OPENED' FROM task, workspace
)
SELECT * FROM task
""",
    answer="""
WITH task AS (
    UPDATE tasks SET status = 'APPROVED', version = version + 1, reviewer = 'anna', comment = $2, resolved_at = now()
     WHERE id = $1 AND version = 1 AND status = 'PENDING'
    RETURNING id, version, status, comment, resolved_at
), done AS (
    UPDATE assignments SET active = false FROM task WHERE task_id = id
), rated AS (
    INSERT INTO feedback (task_id, rating, comment) SELECT id, $3, comment FROM task
), workspace AS (
    UPDATE workspaces SET head = head + 1 WHERE id = 'bench' AND EXISTS (SELECT FROM task) RETURNING head
), logged AS (
    INSERT INTO events (workspace, seq, task_id, version, type)
    SELECT 'bench', head, id, version, 'APPROVED' FROM task, workspace
)
SELECT * FROM task
""",
)
"""What a service that loses nothing records, in few columns: the task, who has it, what was said of it, and a log
that is numbered without gaps."""

FLOORS = {"row": ROW, "records": RECORDS}
