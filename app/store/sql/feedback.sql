-- name: list_feedback
-- Feedback on tasks that the holder of these tokens may see, newest first, after a place in that order.
SELECT f.*
  FROM feedback f
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
   AND ($10::timestamptz IS NULL OR (f.at, f.task_id, f.reviewer) < ($10, $11::uuid, $12::text))
 ORDER BY f.at DESC, f.task_id DESC, f.reviewer DESC
 LIMIT $13;

-- name: count_feedback
-- How much there is in all, counted up to $10.
SELECT count(*) FROM (
    SELECT FROM feedback f
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
     LIMIT $10) AS counted;

-- name: feedback_stats
-- One row a group of the keys in $10. Counts are of tasks created in the time asked for, by how they ended; ratings and
-- answer times are of humans only, since a timeout leaves neither an answer nor feedback. Grouped by REVIEWER a task
-- counts once for each person who answered or rated it, and under null where nobody did.
-- (LATERAL with OFFSET looks up what belongs to the tasks in scope: joined, all answers there are would be read.)
WITH scoped AS MATERIALIZED (
    SELECT t.id, t.workflow, t.step, t.labels, t.status, t.level, t.created_at
      FROM tasks t
     WHERE t.workspace = $1
       AND ($2::text[] IS NULL OR t.audience && $2)
       AND ($3::text IS NULL OR t.workflow = $3)
       AND ($5::jsonb IS NULL OR t.labels @> $5)
       AND ($8::timestamptz IS NULL OR t.created_at >= $8)
       AND ($9::timestamptz IS NULL OR t.created_at < $9)
       AND ($4::text IS NULL OR EXISTS (SELECT FROM answers w WHERE w.task_id = t.id AND w.reviewer = $4)
                             OR EXISTS (SELECT FROM feedback f WHERE f.task_id = t.id AND f.reviewer = $4))
       AND (num_nulls($6::integer, $7::integer) = 2 OR EXISTS (
            SELECT FROM feedback f WHERE f.task_id = t.id AND ($4::text IS NULL OR f.reviewer = $4)
               AND ($6 IS NULL OR f.rating >= $6) AND ($7 IS NULL OR f.rating <= $7)))
), people AS (
    SELECT s.id, p.reviewer
      FROM scoped s
      LEFT JOIN LATERAL (SELECT w.reviewer FROM answers w WHERE w.task_id = s.id AND 'REVIEWER' = ANY ($10::text[])
                         UNION
                         SELECT f.reviewer FROM feedback f WHERE f.task_id = s.id AND 'REVIEWER' = ANY ($10)) p
        ON $4::text IS NULL OR p.reviewer = $4
), keyed AS MATERIALIZED (
    SELECT s.id, p.reviewer, s.status, s.level,
           ARRAY(SELECT CASE k.name
                        WHEN 'WORKFLOW' THEN s.workflow
                        WHEN 'STEP' THEN s.step
                        WHEN 'REVIEWER' THEN p.reviewer
                        WHEN 'DAY' THEN to_char(s.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')
                        WHEN 'WEEK' THEN to_char(s.created_at AT TIME ZONE 'UTC', 'IYYY-"W"IW')
                        ELSE s.labels ->> lower(substr(k.name, 7)) END
                   FROM unnest($10::text[]) WITH ORDINALITY AS k (name, n) ORDER BY k.n) AS key
      FROM scoped s JOIN people p ON p.id = s.id
), endings AS (
    SELECT key, count(*) AS tasks,
           count(*) FILTER (WHERE status = 'PENDING') AS pending,
           count(*) FILTER (WHERE status = 'APPROVED') AS approved,
           count(*) FILTER (WHERE status = 'REJECTED') AS rejected,
           count(*) FILTER (WHERE status = 'EXPIRED') AS expired,
           count(*) FILTER (WHERE status = 'CANCELLED') AS cancelled,
           count(*) FILTER (WHERE level > 0) AS escalated
      FROM keyed GROUP BY key
), rated AS MATERIALIZED (
    SELECT k.key, f.rating, f.scores
      FROM keyed k
     CROSS JOIN LATERAL (SELECT * FROM feedback WHERE task_id = k.id OFFSET 0) f
     WHERE (k.reviewer IS NULL OR f.reviewer = k.reviewer) AND ($4::text IS NULL OR f.reviewer = $4)
       AND ($6 IS NULL OR f.rating >= $6) AND ($7 IS NULL OR f.rating <= $7)
), ratings AS (
    SELECT key, count(rating) AS ratings, avg(rating)::float8 AS mean_rating,
           ARRAY[count(*) FILTER (WHERE rating = 1), count(*) FILTER (WHERE rating = 2),
                 count(*) FILTER (WHERE rating = 3), count(*) FILTER (WHERE rating = 4),
                 count(*) FILTER (WHERE rating = 5)] AS rating_counts
      FROM rated GROUP BY key
), scores AS (
    SELECT key, json_agg(json_build_object('name', name, 'count', n, 'mean', mean) ORDER BY name) AS scores
      FROM (SELECT r.key, s.name, count(*) AS n, avg(s.value::float8) AS mean
              FROM rated r CROSS JOIN LATERAL jsonb_each_text(r.scores) AS s (name, value)
             GROUP BY r.key, s.name) each
     GROUP BY key
), times AS (
    SELECT k.key, percentile_cont(ARRAY[0.5, 0.9, 0.99]) WITHIN GROUP (
               ORDER BY extract(epoch FROM w.answered_at - w.assigned_at)::float8) AS seconds
      FROM keyed k
     CROSS JOIN LATERAL (SELECT * FROM answers WHERE task_id = k.id OFFSET 0) w
     WHERE (k.reviewer IS NULL OR w.reviewer = k.reviewer) AND ($4::text IS NULL OR w.reviewer = $4)
     GROUP BY k.key
)
SELECT e.*, coalesce(r.ratings, 0) AS ratings, r.mean_rating, r.rating_counts, s.scores, t.seconds
  FROM endings e
  LEFT JOIN ratings r ON r.key = e.key
  LEFT JOIN scores s ON s.key = e.key
  LEFT JOIN times t ON t.key = e.key
 ORDER BY e.key
 LIMIT $11;
