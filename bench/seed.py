"""Filling Signoff's tables by SQL, as they would look after so many tasks; much faster than by its API."""

from __future__ import annotations

import asyncpg

from bench.service import WORKSPACE

BATCH = 100_000
TABLES = ("tasks", "assignments", "answers", "feedback", "events")

# $1 workspace, $2 first number, $3 last number, $4 how many of all are pending, $5 of how many in all.
# Resolved tasks are spread over a year; pending ones come last, and are due over the next days.
_TASKS = """
INSERT INTO tasks (id, workspace, created_by, openers, created_at, idempotency_key, fingerprint, workflow, run_id, step,
    prompt, context, labels, urgency, rule, strategy, levels, when_exhausted, rating_required, scores,
    separation_of_duties, version, status, level, deadline_at, audience, outcome, resolved_by, actors, resolved_at)
SELECT md5('task' || n)::uuid, $1::text, 'seed', '{}', at, 'seed-' || n, 'seed', 'workflow-' || n % 20, 'run-' || n / 10,
    NULL, 'Approve expense report #' || n || ' for $2,500 (Travel)', '{"amount": 2500, "currency": "USD"}',
    jsonb_build_object('agent', 'agent-' || n % 7), 'ROUTINE', 'ANY', 'FAIL',
    json_build_array(json_build_object('assignees', json_build_array('reviewer:r' || n % 1000), 'after', 86400)),
    'FAIL', false, '{}', false, CASE WHEN pending THEN 1 ELSE 2 END,
    CASE WHEN pending THEN 'PENDING' ELSE 'APPROVED' END, 0,
    CASE WHEN pending THEN clock_timestamp() + make_interval(hours => 6, secs => n % 300000) END,
    ARRAY['key:seed', 'reviewer:r' || n % 1000], CASE WHEN NOT pending THEN 'APPROVED' END,
    CASE WHEN NOT pending THEN 'REVIEWER' END, CASE WHEN NOT pending THEN ARRAY['r' || n % 1000] END,
    CASE WHEN NOT pending THEN at + interval '5 minutes' END
  FROM (SELECT n, n > $5::bigint - $4::bigint AS pending,
               now() - make_interval(secs => ($5 - n) * (360 * 86400.0 / $5)) AS at
          FROM generate_series($2::bigint, $3::bigint) n) s
"""
_REST = """
WITH t AS MATERIALIZED (
    SELECT * FROM tasks WHERE workspace = $1 AND idempotency_key IN (
           SELECT 'seed-' || n FROM generate_series($2::bigint, $3::bigint) n)
), a AS (
    INSERT INTO assignments (task_id, assigned_version, assignee, position, workspace, level, reason, assigned_at,
        due_at, ended_at, ended_reason)
    SELECT id, 1, audience[2], 0, workspace, 0, 'OPENED', created_at, created_at + interval '1 day', resolved_at,
           CASE WHEN resolved_at IS NOT NULL THEN 'RESOLVED' END FROM t
), w AS (
    INSERT INTO answers (task_id, reviewer, decision, through, assigned_at, answered_at)
    SELECT id, actors[1], 'APPROVE', ARRAY[audience[2]], created_at, resolved_at FROM t WHERE resolved_at IS NOT NULL
), f AS (
    INSERT INTO feedback (task_id, reviewer, workspace, rating, scores, at)
    SELECT id, actors[1], workspace, 4, '{}', resolved_at FROM t WHERE resolved_at IS NOT NULL
), numbered AS (
    SELECT t.*, type, row_number() OVER (ORDER BY created_at, id, type DESC) AS place
      FROM t CROSS JOIN LATERAL unnest(CASE WHEN resolved_at IS NULL THEN ARRAY['OPENED', 'ASSIGNED']
                                       ELSE ARRAY['OPENED', 'ASSIGNED', 'ANSWERED', 'APPROVED'] END) AS type
), h AS (
    UPDATE workspaces SET head = head + (SELECT count(*) FROM numbered) WHERE id = $1 RETURNING head
)
INSERT INTO events (workspace, seq, task_id, version, type, actor, at, data, concerns, audience)
SELECT workspace, h.head - (SELECT count(*) FROM numbered) + place, id,
       CASE WHEN type IN ('OPENED', 'ASSIGNED') THEN 1 ELSE 2 END, type, created_by, created_at,
       '{}', ARRAY[audience[2]], audience
  FROM numbered, h
"""


async def seed(url: str, *, rows: int, pending: int) -> None:
    """`rows` tasks, of which the last `pending` are waiting, with assignments, answers, feedback and events."""
    connection = await asyncpg.connect(url, command_timeout=900)
    try:
        await connection.execute("INSERT INTO workspaces (id) VALUES ($1) ON CONFLICT DO NOTHING", WORKSPACE)
        await connection.execute("SET synchronous_commit = off; SET work_mem = '128MB'")
        for first in range(1, rows + 1, BATCH):
            last = min(first + BATCH - 1, rows)
            await connection.execute(_TASKS, WORKSPACE, first, last, pending, rows)
            await connection.execute(_REST, WORKSPACE, first, last)
        for table in TABLES:
            await connection.execute(f"VACUUM ANALYZE {table}")
    finally:
        await connection.close()

