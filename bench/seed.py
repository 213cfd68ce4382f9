"""Filling Signoff's tables by SQL, as they would look after so many tasks; much faster than by its API.

Two tasks are opened by the API, one of them answered; the rest are copies of their rows, with ids, people and times of
their own. So the copies have whatever columns this version of the tables has.
"""

from __future__ import annotations

import asyncpg

from app.auth import Role
from bench.documents import ANSWER, OPEN, answer, opening
from bench.service import WORKSPACE, Service

BATCH = 50_000
PEOPLE = 50  # so few that an inbox fills a page with 20,000 tasks, too: pages of the same length are compared
TABLES = ("tasks", "task_words", "assignments", "answers", "feedback", "events")

# $1 the pending original, $2 the resolved one, $3 and $4 the first and last number, $5 how many in all, $6 how many of
# them, the last, are pending. Resolved ones are spread over the last year; pending ones fall due over days. Ids are of
# version 7, as the service makes them: they follow the time.
_COPIES = """
WITH t AS (
    SELECT n, CASE WHEN n > $5::bigint - $6::bigint THEN $1::uuid ELSE $2::uuid END AS of, t.created_at AS seeded,
           t.created_at - make_interval(secs => ($5 - n) * (360 * 86400.0 / $5)) AS opened, md5('task' || n) AS random
      FROM generate_series($3::bigint, $4::bigint) n JOIN tasks t ON t.id = $1
), n AS MATERIALIZED (
    SELECT n, of, opened, 'r' || n % {people} AS person,
           opened + make_interval(secs => 5 + n * 7919 % 20000) AS answered,
           seeded + make_interval(hours => 6, secs => n % 300000) AS due,
           (lpad(to_hex((extract(epoch FROM opened) * 1000)::bigint), 12, '0') || '7' || substr(random, 14, 3)
               || '8' || substr(random, 18))::uuid AS id
      FROM t
)"""
_TASKS = """
INSERT INTO tasks
SELECT r.* FROM n JOIN tasks t ON t.id = n.of
 CROSS JOIN LATERAL json_populate_record(t, (jsonb_build_object('id', n.id, 'idempotency_key', 'seed-' || n,
           'created_at', opened, 'began_at', opened, 'workflow', 'workflow-' || n % 20, 'run_id', 'run-' || n / 10,
           'prompt', 'Approve expense report #' || n || ' for $2,500 (Travel)',
           'labels', jsonb_build_object('agent', 'agent-' || n % 7), 'asked', ARRAY['reviewer:' || person],
           'audience', ARRAY[t.audience[1], 'reviewer:' || person])
           || CASE WHEN t.status = 'PENDING' THEN jsonb_build_object('deadline_at', due, 'wake_at', due)
              ELSE jsonb_build_object('resolved_at', answered, 'actors', ARRAY[person])
              END)::json) r
"""
_WORDS = """
INSERT INTO task_words SELECT t.id, words_of(t.prompt, t.details, t.labels) FROM n JOIN tasks t ON t.id = n.id
"""
_ASSIGNMENTS = """
INSERT INTO assignments
SELECT r.* FROM n JOIN assignments a ON a.task_id = n.of
 CROSS JOIN LATERAL json_populate_record(a, json_build_object('task_id', n.id, 'assignee', 'reviewer:' || person,
           'assigned_at', opened, 'due_at', due)) r
"""
_ANSWERS = """
INSERT INTO answers
SELECT r.* FROM n JOIN answers a ON a.task_id = n.of
 CROSS JOIN LATERAL json_populate_record(a, json_build_object('task_id', n.id, 'reviewer', person,
           'assigned_at', opened, 'answered_at', answered)) r
"""
_FEEDBACK = """
INSERT INTO feedback
SELECT r.* FROM n JOIN feedback f ON f.task_id = n.of
 CROSS JOIN LATERAL json_populate_record(f, json_build_object('task_id', n.id, 'reviewer', person, 'rating', 1 + n % 5,
           'at', answered)) r
"""
_EVENTS = """, e AS MATERIALIZED (
    SELECT n.id, opened, n.person, e.*, row_number() OVER (ORDER BY n.n, e.seq) AS place
      FROM n JOIN events e ON e.task_id = n.of
), h AS (
    UPDATE workspaces SET head = head + (SELECT count(*) FROM e) WHERE id = $7 RETURNING head
)
INSERT INTO events (workspace, seq, task_id, version, type, actor, at, data, concerns, audience)
SELECT e.workspace, h.head - (SELECT count(*) FROM e) + place, e.id, e.version, e.type, e.actor, e.opened, e.data,
       ARRAY['reviewer:' || person], ARRAY[e.audience[1], 'reviewer:' || person]
  FROM e, h
"""


async def seed(running: Service, *, rows: int, pending: int) -> None:
    """`rows` tasks for reviewers r0 to r49, of which the last `pending` are waiting, with all that belongs to them."""
    waiting, resolved = await _originals(running)
    connection = await asyncpg.connect(running.settings.database_url, command_timeout=900)
    copies = _COPIES.format(people=PEOPLE)
    try:
        # The rows belong together as they are made: nothing need be looked up for each (foreign keys).
        await connection.execute("SET synchronous_commit = off; SET session_replication_role = replica")
        await connection.execute("SET work_mem = '128MB'; SET maintenance_work_mem = '256MB'")
        for first in range(1, rows + 1, BATCH):
            values = (waiting, resolved, first, min(first + BATCH - 1, rows), rows, pending)
            for statement in (_TASKS, _WORDS, _ASSIGNMENTS, _ANSWERS, _FEEDBACK):
                await connection.execute(copies + statement, *values)
            await connection.execute(copies + _EVENTS, *values, WORKSPACE)
        for table in TABLES:
            await connection.execute(f"VACUUM ANALYZE {table}")
    finally:
        await connection.close()


async def _originals(running: Service) -> tuple[str, str]:
    """The ids of a pending task and of one answered."""
    workflow = await running.key(Role.WORKFLOW, name="seed")
    reviewer = await running.key(Role.REVIEWER, name="r0", reviewer="r0")
    ids: list[str] = []
    for name in ("waiting", "resolved"):
        question = opening(f"original-{name}", assignees=[{"reviewer": "r0"}])
        opened = await running.run(workflow, OPEN, input=question)
        ids.append(opened["openTask"]["task"]["id"])
    await running.run(reviewer, ANSWER, input=answer(ids[1]))
    return ids[0], ids[1]
