-- name: find_workspace
-- The workspace, if there is one of that id.
SELECT id FROM workspaces WHERE id = $1;

-- name: list_reviewers
-- Everybody the directory of a workspace knows, with their groups, by id, after an id.
SELECT r.id, ARRAY(SELECT m.group_name FROM members m WHERE m.workspace = r.workspace AND m.reviewer = r.id
                    ORDER BY m.group_name) AS groups
  FROM reviewers r
 WHERE r.workspace = $1 AND ($2::text IS NULL OR r.id > $2)
 ORDER BY r.id
 LIMIT $3;

-- name: list_groups
-- The groups of a workspace that have members or were set, with their members, by name, after a name.
SELECT g.name, bool_or(g.whole) AS whole,
       ARRAY(SELECT m.reviewer FROM members m WHERE m.workspace = $1 AND m.group_name = g.name
              ORDER BY m.reviewer) AS members
  FROM (SELECT name, true AS whole FROM groups WHERE workspace = $1
        UNION ALL SELECT DISTINCT group_name, false FROM members WHERE workspace = $1) AS g
 WHERE $2::text IS NULL OR g.name > $2
 GROUP BY g.name
 ORDER BY g.name
 LIMIT $3;

-- name: set_group
-- A group's members: these and nobody else. Everybody in it is known to the directory.
WITH kept AS (
    INSERT INTO groups (workspace, name, set_by) VALUES ($1, $2, $4)
        ON CONFLICT (workspace, name) DO UPDATE SET set_by = excluded.set_by, set_at = clock_timestamp()
), left_out AS (
    DELETE FROM members WHERE workspace = $1 AND group_name = $2 AND reviewer <> ALL ($3::text[])
), known AS (
    INSERT INTO reviewers (workspace, id, added_by) SELECT $1, person, $4 FROM unnest($3::text[]) AS person
    ORDER BY person ON CONFLICT DO NOTHING
)
INSERT INTO members (workspace, group_name, reviewer, added_by)
SELECT $1, $2, person, $4 FROM unnest($3::text[]) AS person ORDER BY person
    ON CONFLICT DO NOTHING;

-- name: set_reviewer
-- A reviewer's groups: these and no others.
WITH known AS (
    INSERT INTO reviewers (workspace, id, added_by) VALUES ($1, $2, $4) ON CONFLICT DO NOTHING
), left_out AS (
    DELETE FROM members WHERE workspace = $1 AND reviewer = $2 AND group_name <> ALL ($3::text[])
)
INSERT INTO members (workspace, group_name, reviewer, added_by)
SELECT $1, name, $2, $4 FROM unnest($3::text[]) AS name ORDER BY name
    ON CONFLICT DO NOTHING;

-- name: read_absences
-- The absences of a workspace that are not over, and the number that guards changing them.
SELECT w.absences_version AS version, a.id, a.reviewer, a.delegate, a.from_at, a.until_at, clock_timestamp() AS now
  FROM workspaces w
  LEFT JOIN absences a ON a.workspace = w.id AND a.until_at > clock_timestamp()
 WHERE w.id = $1
 ORDER BY a.from_at, a.id;

-- name: insert_absence
-- A new absence, if no other was set or ended since number $2 was read: one row where it was stored.
WITH held AS (
    UPDATE workspaces SET absences_version = absences_version + 1 WHERE id = $1 AND absences_version = $2
    RETURNING id
)
INSERT INTO absences (id, workspace, reviewer, delegate, from_at, until_at, set_by)
SELECT $3, held.id, $4, $5, $6, $7, $8 FROM held
RETURNING id;

-- name: end_absence
-- Ends an absence now; one that has not begun is as if it had never been set. A row where there was such an absence.
WITH moment AS MATERIALIZED (
    SELECT clock_timestamp() AS now
), cut AS (
    UPDATE absences a SET until_at = m.now FROM moment m
     WHERE a.workspace = $1 AND a.id = $2 AND a.from_at < m.now AND a.until_at > m.now
    RETURNING a.workspace
), gone AS (
    DELETE FROM absences a USING moment m WHERE a.workspace = $1 AND a.id = $2 AND a.from_at >= m.now
    RETURNING a.workspace
)
UPDATE workspaces SET absences_version = absences_version + 1
 WHERE id IN (SELECT workspace FROM cut UNION ALL SELECT workspace FROM gone)
RETURNING id;

-- name: list_turning
-- Absences that have begun, or ended, and whose tasks are not known to have all changed hands, after an id.
-- (The clock is asked once, by a SELECT of its own, so that each part goes by its index.)
SELECT id, workspace, reviewer, (SELECT clock_timestamp()) AS now
  FROM absences
 WHERE ((NOT begun AND from_at <= (SELECT clock_timestamp())) OR (NOT ended AND until_at <= (SELECT clock_timestamp())))
   AND ($1::uuid IS NULL OR id > $1)
 ORDER BY id
 LIMIT $2;

-- name: settle_absences
-- Notes for these absences that the tasks of what began, or ended, before $2 have changed hands for good.
UPDATE absences SET begun = begun OR greatest(from_at, set_at) < $2, ended = ended OR until_at < $2
 WHERE id = ANY ($1::uuid[]);

-- name: set_calendar
-- A calendar, new or in place of the one of that name.
INSERT INTO calendars (workspace, name, zone, week, holidays, set_by) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (workspace, name) DO UPDATE SET zone = excluded.zone, week = excluded.week,
       holidays = excluded.holidays, set_by = excluded.set_by, set_at = clock_timestamp();

-- name: list_calendars
-- The calendars of a workspace by name, each whole as JSON.
SELECT to_json(c) AS calendar FROM calendars c WHERE c.workspace = $1 ORDER BY c.name LIMIT $2;
