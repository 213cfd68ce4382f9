-- name: fitting
-- Part of the two that follow: the feedback that fits, on tasks that the holder of these tokens may see.
feedback f
  JOIN tasks t ON t.id = f.task_id
 WHERE f.workspace = $1
   AND ($2::text[] IS NULL OR t.audience && $2)
   AND ($3::text IS NULL OR t.workflow = $3)
   AND ($4::text IS NULL OR f.reviewer = $4)
   AND ($5::jsonb IS NULL OR t.labels @> $5)
   AND ($6::integer IS NULL OR f.rating >= $6)
   AND ($7::integer IS NULL OR f.rating <= $7)
   AND ($8::timestamptz IS NULL OR f.at >= $8)
   AND ($9::timestamptz IS NULL OR f.at < $9)

-- name: list_feedback
-- Feedback, newest first, after a place in that order.
SELECT f.*
  FROM {fitting}
   AND ($10::timestamptz IS NULL OR (f.at, f.task_id, f.reviewer) < ($10, $11::uuid, $12::text))
 ORDER BY f.at DESC, f.task_id DESC, f.reviewer DESC
 LIMIT $13;

-- name: count_feedback
-- How much there is in all, counted up to $10.
SELECT count(*) FROM (SELECT FROM {fitting} LIMIT $10) AS counted;

-- name: counted
-- Part of what follows: the feedback that figures are made of.
($2::text IS NULL OR f.reviewer = $2) AND ($3::integer IS NULL OR f.rating >= $3)
         AND ($4::integer IS NULL OR f.rating <= $4);

-- name: people
-- Who answered or rated a task, and what they decided, where figures are by REVIEWER, or of one.
LEFT JOIN LATERAL (SELECT w.reviewer, w.decision FROM answers w WHERE w.task_id = t.id
                         UNION ALL
                         SELECT f.reviewer, NULL FROM feedback f
                          WHERE f.task_id = t.id AND NOT EXISTS (
                                SELECT FROM answers w WHERE w.task_id = f.task_id AND w.reviewer = f.reviewer)) p
        ON $2::text IS NULL OR p.reviewer = $2;

-- name: feedback_stats
-- One row a group of the keys. Counts are of tasks created in the time asked for, by how they ended; ratings and answer
-- times are of humans only, since a timeout leaves neither an answer nor feedback. Grouped by REVIEWER a task counts once
-- for each person who answered or rated it, as approved or rejected by what they said, and under null where nobody did; of
-- one reviewer, as approved or rejected by what that one said.
--
-- A month may have hundreds of thousands of tasks. So only the keys and conditions asked for are put in: figures by workflow
-- and step are then made of indexes alone (of tasks' the order leaves but one). What belongs to a group's tasks is looked up
-- for all of them at once, and nothing is joined: a join planned while the tables were small would compare each with each.
WITH groups AS MATERIALIZED (
    SELECT ARRAY[%(keys)s]::text[] AS key, %(person)s AS person, array_agg(t.id) AS ids, count(*) AS tasks,
           count(*) FILTER (WHERE status = 'PENDING') AS pending,
           count(*) FILTER (WHERE %(approved)s) AS approved,
           count(*) FILTER (WHERE %(rejected)s) AS rejected,
           count(*) FILTER (WHERE status IN ('APPROVED', 'REJECTED')) AS decided,
           count(*) FILTER (WHERE status = 'EXPIRED') AS expired,
           count(*) FILTER (WHERE status = 'CANCELLED') AS cancelled,
           count(*) FILTER (WHERE level > 0) AS escalated
      FROM (SELECT t.id, t.status, t.level, t.created_at, t.workflow, t.step, t.labels
              FROM tasks t
             WHERE t.workspace = $1%(conditions)s
             ORDER BY t.created_at
            OFFSET 0) t %(people)s
     GROUP BY (%(keys)s) HAVING count(*) > 0
     ORDER BY 1
     LIMIT $5
)
SELECT g.key, g.tasks, g.pending, g.approved, g.rejected, g.decided, g.expired, g.cancelled, g.escalated,
       f.ratings, f.mean_rating, f.rating_counts, s.scores, w.seconds
  FROM groups g
 CROSS JOIN LATERAL (
      SELECT count(rating) AS ratings, avg(rating)::float8 AS mean_rating,
             ARRAY[count(*) FILTER (WHERE rating = 1), count(*) FILTER (WHERE rating = 2),
                   count(*) FILTER (WHERE rating = 3), count(*) FILTER (WHERE rating = 4),
                   count(*) FILTER (WHERE rating = 5)] AS rating_counts
        FROM feedback f
       WHERE f.task_id = ANY (g.ids)%(their_feedback)s AND {counted}) f
 CROSS JOIN LATERAL (
      SELECT json_agg(json_build_object('name', name, 'count', n, 'mean', mean) ORDER BY name) AS scores
        FROM (SELECT s.name, count(*) AS n, avg(s.value::float8) AS mean
                FROM feedback f CROSS JOIN LATERAL jsonb_each_text(f.scores) AS s (name, value)
               WHERE f.task_id = ANY (g.ids)%(their_feedback)s AND {counted}
                 AND f.scores <> '{}'
               GROUP BY s.name) each) s
 CROSS JOIN LATERAL (
      SELECT percentile_cont(ARRAY[0.5, 0.9, 0.99]) WITHIN GROUP (
                 ORDER BY date_part('epoch', w.answered_at - w.assigned_at)) AS seconds
        FROM answers w
       WHERE w.task_id = ANY (g.ids)%(their_answers)s
         AND ($2::text IS NULL OR w.reviewer = $2)) w
 ORDER BY g.key;

-- name: their_feedback
-- Where figures are by REVIEWER; left out else, for it costs a thirtieth of all.
AND (g.person IS NULL OR f.reviewer = g.person);

-- name: their_answers
AND (g.person IS NULL OR w.reviewer = g.person);

-- name: ended_approved
status = 'APPROVED';

-- name: ended_rejected
status = 'REJECTED';

-- name: person_approved
p.decision = 'APPROVE';

-- name: person_rejected
p.decision = 'REJECT';

-- name: where_tokens
t.audience && $?::text[];

-- name: where_workflow
t.workflow = $?::text;

-- name: where_label
t.labels @> $?::jsonb;

-- name: where_since
t.created_at >= $?::timestamptz;

-- name: where_before
t.created_at < $?::timestamptz;

-- name: only_reviewer
-- (OFFSET: looked up for each task, whatever the plan.)
(EXISTS (SELECT FROM answers w WHERE w.task_id = t.id AND w.reviewer = $2 OFFSET 0)
           OR EXISTS (SELECT FROM feedback f WHERE f.task_id = t.id AND f.reviewer = $2 OFFSET 0));

-- name: only_rated
EXISTS (SELECT FROM feedback f WHERE f.task_id = t.id AND {counted} OFFSET 0);

-- name: by_workflow
t.workflow;

-- name: by_step
t.step;

-- name: by_reviewer
p.reviewer;

-- name: by_day
to_char(t.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD');

-- name: by_week
to_char(t.created_at AT TIME ZONE 'UTC', 'IYYY-"W"IW');

-- name: by_label_agent
t.labels ->> 'agent';

-- name: by_label_model
t.labels ->> 'model';

-- name: by_label_prompt
t.labels ->> 'prompt';
