-- name: read_tasks
-- The tasks with these ids, whole, each with the database's time at which it was read, and what is set in its workspace
-- that a decision may need: who stands in for whom now, the members of the groups that a quorum asks, now or at a level,
-- and of the groups $2, the calendar.
-- Nothing was said yet of a task of version 1, and nobody has one that is resolved.
SELECT clock_timestamp() AS now, t.*,
    (SELECT json_agg(json_build_array(a.reviewer, a.delegate)) FROM absences a
      WHERE a.workspace = t.workspace AND t.status = 'PENDING'
        AND a.from_at <= clock_timestamp() AND a.until_at > clock_timestamp()) AS stand_ins,
    CASE WHEN t.rule = 'AT_LEAST' AND t.status = 'PENDING' THEN
        (SELECT json_agg(json_build_array(g.name, ARRAY(
                    SELECT m.reviewer FROM members m WHERE m.workspace = g.workspace AND m.group_name = g.name)))
           FROM groups g WHERE g.workspace = t.workspace AND g.name = ANY ($2::text[] || ARRAY(
                    SELECT substr(token, length('group:') + 1)
                      FROM (SELECT unnest(t.asked) UNION
                            SELECT json_array_elements_text(one -> 'assignees')
                              FROM json_array_elements(t.levels) AS one) AS named (token)
                     WHERE token LIKE 'group:%'))) END AS members,
    CASE WHEN t.calendar IS NOT NULL AND t.status = 'PENDING' THEN
        (SELECT to_json(c) FROM calendars c WHERE c.workspace = t.workspace AND c.name = t.calendar) END AS calendar_set,
    CASE WHEN t.status = 'PENDING' THEN
        (SELECT json_agg(json_build_array(a.assignee, a.level, a.reason, a.assigned_at, a.assigned_version,
                                          a.on_behalf_of, a.claimed_by, a.claim_expires_at)
                         ORDER BY a.position)
           FROM assignments a WHERE a.task_id = t.id) END AS assignments,
    CASE WHEN t.version > 1 THEN
        (SELECT json_agg(json_build_array(w.reviewer, w.decision, w.comment, w.input, w.answered_at, w.through,
                                          w.assigned_at, w.on_behalf_of) ORDER BY w.answered_at, w.reviewer)
           FROM answers w WHERE w.task_id = t.id) END AS answers,
    CASE WHEN t.version > 1 THEN
        (SELECT json_agg(json_build_array(f.reviewer, f.rating, f.scores, f.comment, f.at) ORDER BY f.at, f.reviewer)
           FROM feedback f WHERE f.task_id = t.id) END AS feedback
  FROM tasks t
 WHERE t.id = ANY (ARRAY (SELECT unnest($1::uuid[])));

-- name: find_opened
-- For each request to open, in order: the database's time, the task that its idempotency key opened before, if any, and
-- what is set in the workspace that opening it may need, as in read_tasks; where nobody is absent now or later, the number
-- that whoever changes absences counts up.
-- (OFFSET and "|| ''" leave one way to look a key up, the index that begins with it: a plan made while the table was
-- empty would else take any index that begins with the workspace, and read all of it.)
SELECT clock_timestamp() AS now, t.id,
    (SELECT json_agg(json_build_array(a.reviewer, a.delegate)) FROM absences a
      WHERE a.workspace = i.workspace
        AND a.from_at <= clock_timestamp() AND a.until_at > clock_timestamp()) AS stand_ins,
    CASE WHEN i.groups IS NOT NULL THEN
        (SELECT json_agg(json_build_array(g.name, ARRAY(
                    SELECT m.reviewer FROM members m WHERE m.workspace = g.workspace AND m.group_name = g.name)))
           FROM groups g WHERE g.workspace = i.workspace AND g.name = ANY (i.groups)) END AS members,
    CASE WHEN i.calendar IS NOT NULL THEN
        (SELECT to_json(c) FROM calendars c WHERE c.workspace = i.workspace AND c.name = i.calendar) END AS calendar_set,
    (SELECT w.absences_version FROM workspaces w
      WHERE w.id = i.workspace AND NOT EXISTS (
            SELECT FROM absences a WHERE a.workspace = w.id AND a.until_at > clock_timestamp())) AS nobody_absent
  FROM json_to_recordset($1::json)
       AS i (n integer, workspace text, created_by text, idempotency_key text, groups text[], calendar text)
  LEFT JOIN LATERAL (
       SELECT id FROM tasks WHERE idempotency_key = i.idempotency_key AND created_by = i.created_by
          AND workspace || '' = i.workspace OFFSET 0) t ON true
 ORDER BY i.n;

-- name: logging
-- Part of what follows: the events of what was saved, numbered past the heads of their workspaces' logs without a gap.
numbered AS (
    SELECT s.workspace, s.id AS task_id, s.version, e.type, e.actor, e.at, e.data, e.concerns, s.audience,
           row_number() OVER (PARTITION BY s.workspace ORDER BY e.n) AS place
      FROM events_in e JOIN saved s ON s.id = e.task_id
), counted AS (
    SELECT workspace AS id, count(*) AS more FROM numbered GROUP BY workspace
), locked AS MATERIALIZED (
    SELECT id FROM workspaces WHERE id = ANY (ARRAY (SELECT id FROM counted)) ORDER BY id FOR NO KEY UPDATE
), heads AS (
    UPDATE workspaces w SET head = w.head + c.more FROM counted c
     WHERE w.id = c.id AND w.id = ANY (ARRAY (SELECT id FROM locked)) RETURNING w.id, w.head, c.more
), logged AS (
    INSERT INTO events (workspace, seq, task_id, version, type, actor, at, data, concerns, audience)
    SELECT n.workspace, h.head - h.more + n.place, n.task_id, n.version, n.type, n.actor, n.at, n.data, n.concerns,
           n.audience
      FROM numbered n JOIN heads h ON h.id = n.workspace;

-- name: assigning
-- Part of what follows: the assignments that what was saved has now.
INSERT INTO assignments (task_id, assigned_version, assignee, position, workspace, level, reason, assigned_at, due_at,
                         on_behalf_of, claimed_by, claim_expires_at)
    SELECT s.id, a.assigned_version, a.assignee, a.position, s.workspace, a.level, a.reason, a.assigned_at,
           s.deadline_at, a.on_behalf_of, a.claimed_by, a.claim_expires_at
      FROM assignments_in a JOIN saved s ON s.id = a.task_id;

-- name: decided_lately
-- Part of what follows: whether the time $1 that it was decided for (null: nobody asks) lies within the last second, where it
-- was reckoned, or within the last 5, where it was read. What is decided knows who was absent then. Whoever hands over the
-- tasks of those absent since comes again for 15 seconds, and what was stored later would stay where it is.
coalesce(clock_timestamp() - $1::timestamptz, interval '0') BETWEEN interval '0' AND
    CASE WHEN $2::json::text = '{}' THEN interval '5 seconds' ELSE interval '1 second' END;

-- name: guessed_right
-- Part of what follows: whether what was decided without reading may be stored. $2 has the workspaces in which nobody is to
-- be absent, each with the number that find_opened gave; {} where nothing was guessed.
-- (So written that null and {} make no other plan than values do: else the statement would be planned anew each time.)
({decided_lately}
 AND workspace <> ALL (ARRAY (
     SELECT key FROM json_each_text($2::json)
      WHERE NOT EXISTS (SELECT FROM workspaces w WHERE w.id = key AND w.absences_version = value::integer))));

-- name: insert_tasks
-- New tasks with their assignments and events. A task whose idempotency key is taken is left out, with all that belongs
-- to it: its id is not among the rows returned. So is what was guessed wrong.
-- (PostgreSQL runs what nothing reads from the last to the first: so the workspace, which others wait for, is locked last.)
WITH tasks_in AS MATERIALIZED (
    SELECT * FROM json_populate_recordset(NULL::tasks, $3::json)
), assignments_in AS MATERIALIZED (
    SELECT * FROM json_populate_recordset(NULL::assignments, $4::json)
), events_in AS MATERIALIZED (
    SELECT *, row_number() OVER () AS n FROM json_populate_recordset(NULL::events, $5::json)
), saved AS (
    -- In the order of what may conflict, so that twins of this set elsewhere do not wait for each other in a circle.
    INSERT INTO tasks SELECT * FROM tasks_in
         WHERE {guessed_right}
         ORDER BY workspace, created_by, idempotency_key, id
        ON CONFLICT DO NOTHING
    RETURNING id, workspace, version, deadline_at, audience
), {logging}
), indexed AS (
    -- As words_of has it; written out, it is planned with the statement and not run as one of its own for each task.
    INSERT INTO task_words
    SELECT i.id, text_words(i.prompt || ' ' || coalesce(i.details, ''))
        || array_to_tsvector(ARRAY (SELECT label_word(key, value) FROM jsonb_each_text(i.labels)))
      FROM tasks_in i JOIN saved s USING (id)
), assigned AS (
    {assigning}
)
SELECT id FROM saved;

-- name: save_tasks
-- Changes of tasks, each guarded by the version that was read, with all that they bring: answers, feedback, events; for
-- tasks $5 all assignments that they have now. A task that somebody else changed meanwhile is left out, as is what was
-- guessed wrong: its id is not returned.
-- Rows are locked in the order of their ids, tasks before workspaces, so that two sets never wait for each other in a
-- circle; the workspace last, as in insert_tasks.
-- LATERAL looks each row up by its index, whatever the table's size was when it was planned; what was found is changed by
-- its place (ctid). Nobody can have moved it: who changes a task or what belongs to it holds the task's row, and whoever
-- did so since this statement began has counted its version up.
WITH tasks_in AS MATERIALIZED (
    SELECT * FROM json_populate_recordset(NULL::tasks, $3::json)
), assignments_in AS MATERIALIZED (
    SELECT * FROM json_populate_recordset(NULL::assignments, $4::json)
), answers_in AS MATERIALIZED (
    SELECT * FROM json_populate_recordset(NULL::answers, $6::json)
), feedback_in AS MATERIALIZED (
    SELECT * FROM json_populate_recordset(NULL::feedback, $7::json)
), events_in AS MATERIALIZED (
    SELECT *, row_number() OVER () AS n FROM json_populate_recordset(NULL::events, $8::json)
), held AS MATERIALIZED (
    SELECT i.id, t.place FROM (SELECT * FROM tasks_in ORDER BY id) i
     CROSS JOIN LATERAL (
           SELECT ctid AS place FROM tasks WHERE id = i.id AND version = i.version - 1 AND {guessed_right}
              FOR NO KEY UPDATE) t
), saved AS (
    UPDATE tasks t SET version = i.version, status = i.status, level = i.level, asked = coalesce(i.asked, t.asked),
           began_at = coalesce(i.began_at, t.began_at), span = coalesce(i.span, t.span),
           own_extensions = coalesce(i.own_extensions, t.own_extensions), deadline_at = i.deadline_at,
           reminded = i.reminded, remind_at = i.remind_at, wake_at = i.wake_at,
           audience = coalesce(i.audience, t.audience), outcome = i.outcome, resolved_by = i.resolved_by,
           actors = i.actors, resolution_comment = i.resolution_comment, resolution_input = i.resolution_input,
           resolved_at = i.resolved_at
      FROM tasks_in i JOIN held USING (id)
     WHERE t.ctid = held.place AND {decided_lately}  -- asked again: a row may be waited for, and a process be stopped
    RETURNING t.id, t.workspace, t.version, t.deadline_at, t.audience
), {logging}
), unassigned AS (
    DELETE FROM assignments a USING (
           SELECT t.place FROM unnest((SELECT $5::uuid[])) AS i (id) JOIN saved USING (id)
            CROSS JOIN LATERAL (SELECT ctid AS place FROM assignments WHERE task_id = i.id OFFSET 0) t) AS had
     WHERE a.ctid = had.place
    RETURNING a.task_id
), assigned AS (
    -- After those that there were are gone: some may come again.
    {assigning} CROSS JOIN (SELECT count(*) FROM unassigned) AS gone
), answered AS (
    INSERT INTO answers SELECT w.* FROM answers_in w JOIN saved s ON s.id = w.task_id
), rated AS (
    INSERT INTO feedback (task_id, reviewer, workspace, rating, scores, comment, at)
    SELECT s.id, f.reviewer, s.workspace, f.rating, f.scores, f.comment, f.at
      FROM feedback_in f JOIN saved s ON s.id = f.task_id
        ON CONFLICT (task_id, reviewer) DO UPDATE SET rating = excluded.rating, scores = excluded.scores,
           comment = excluded.comment, at = excluded.at
)
SELECT id FROM saved;

-- name: lease_due
-- Takes up to $1 tasks with which the clock has something to do, for $2 seconds, past those that another lease has; lease
-- $3, which is done, is given back. One row a lease: a task's own row would be written anew, with all its index entries.
-- What another caller is just leasing is locked, and passed over. Should it be leased before it was locked here, that is
-- seen when all are locked: `locked` is whole before the next line looks. A lease that is further ahead than any lasts is
-- of a clock that has gone back.
-- (The clock is asked once, by a SELECT of its own: asked for each row, all that is pending would be read. Of $1, see
-- follow_log in events.sql.)
WITH over AS (
    DELETE FROM leases
     WHERE id = $3 OR until NOT BETWEEN clock_timestamp() AND clock_timestamp() + interval '1 minute'
), due AS MATERIALIZED (
    SELECT id FROM tasks
     WHERE status = 'PENDING' AND wake_at <= (SELECT clock_timestamp()) AND id NOT IN (SELECT leased($3))
     ORDER BY wake_at LIMIT (SELECT $1::integer) FOR NO KEY UPDATE SKIP LOCKED
), locked AS MATERIALIZED (
    SELECT array_agg(id) AS ids FROM due
), free AS MATERIALIZED (
    SELECT id FROM locked CROSS JOIN LATERAL unnest(ids) AS id WHERE id NOT IN (SELECT leased($3))
), taken AS (
    INSERT INTO leases (until, tasks)
    SELECT clock_timestamp() + make_interval(secs => $2), array_agg(id) FROM free HAVING count(*) > 0
    RETURNING id
)
SELECT taken.id AS lease, free.id FROM taken, free;

-- name: list_wakes
-- The distinct moments, rounded up to $1 seconds, at which the clock has something to do with a task within $2 seconds
-- from now.
SELECT DISTINCT to_timestamp(ceil(extract(epoch FROM wake_at) / $1::float8) * $1::float8) AS wake_at
  FROM tasks
 WHERE status = 'PENDING' AND wake_at <= (SELECT clock_timestamp() + make_interval(secs => $2::float8));

-- name: list_tasks
-- Ids of the tasks of a workspace that fit the conditions given, newest first. "$?" stands for a condition's value: only
-- those that are asked for go into the statement, so that each is planned for what it looks for.
SELECT t.id, t.created_at FROM tasks t WHERE t.workspace = $1%(conditions)s ORDER BY t.created_at DESC, t.id DESC LIMIT $2;

-- name: count_tasks
-- How many there are in all, counted up to $2.
SELECT count(*) FROM (SELECT FROM tasks t WHERE t.workspace = $1%(conditions)s LIMIT $2) AS counted;

-- name: where_tokens
t.audience && $?::text[];

-- name: where_ids
t.id = ANY ($?::uuid[]);

-- name: where_status
t.status = ANY ($?::text[]);

-- name: where_workflow
t.workflow = $?::text;

-- name: where_run_id
t.run_id = $?::text;

-- name: where_assignee
EXISTS (SELECT FROM assignments a WHERE a.task_id = t.id AND a.assignee = $?::text);

-- name: where_created_by
t.created_by = $?::text;

-- name: where_label
-- All labels of an object.
t.id IN (SELECT w.task_id FROM task_words w
          WHERE w.words @@ (SELECT string_agg('''' || label_word(key, value) || '''', ' & ')::tsquery
                              FROM jsonb_each_text($?::jsonb)));

-- name: where_deadline_before
t.status = 'PENDING' AND t.deadline_at < $?::timestamptz;

-- name: where_created_after
t.created_at >= $?::timestamptz;

-- name: where_created_before
t.created_at < $?::timestamptz;

-- name: where_text
-- Each word of the text begins a word of prompt or details.
t.id IN (SELECT w.task_id FROM task_words w
          WHERE w.words @@ (
                SELECT string_agg('''' || replace(replace(word, '\', '\\'), '''', '''''') || ''':*', ' & ')::tsquery
                  FROM unnest(tsvector_to_array(text_words($?::text))) AS word));

-- name: where_after
-- Past a place in the order: creation time and id, as a JSON array.
(t.created_at, t.id) < (($?::json ->> 0)::timestamptz, ($?::json ->> 1)::uuid);

-- name: list_pending_of_run
-- Ids of the pending tasks of a run, those that a key of this name opened (all where it is null), after an id.
SELECT id FROM tasks
 WHERE workspace = $1 AND workflow = $2 AND run_id = $3 AND status = 'PENDING'
   AND ($4::text IS NULL OR created_by = $4) AND ($5::uuid IS NULL OR id > $5)
 ORDER BY id
 LIMIT $6;

-- name: list_of_absentees
-- Ids of the pending tasks that may change hands with the absences of these assignees: what they have now, and whatever
-- somebody stands in for, after an id.
SELECT DISTINCT task_id FROM (
    SELECT task_id FROM assignments WHERE workspace = $1 AND assignee = ANY ((SELECT $2::text[])::text[])
    UNION ALL
    SELECT task_id FROM assignments WHERE workspace = $1 AND on_behalf_of <> '') AS theirs
 WHERE $3::uuid IS NULL OR task_id > $3
 ORDER BY task_id
 LIMIT $4;
