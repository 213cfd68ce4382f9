-- name: insert_workspace
-- A workspace, unless it is there.
INSERT INTO workspaces (id) VALUES ($1) ON CONFLICT DO NOTHING;

-- name: key_columns
-- Part of those that follow: a key, and the groups that its reviewer belongs to now.
k.*, ARRAY(SELECT m.group_name FROM members m WHERE m.workspace = k.workspace AND m.reviewer = k.reviewer
            ORDER BY m.group_name) AS groups

-- name: insert_key
-- A new API key; of the key itself only its hash is kept. Its reviewer and their groups are taken into the directory.
WITH known AS (
    INSERT INTO reviewers (workspace, id, added_by) SELECT $2, $6, 'key:' || $3 WHERE $6::text IS NOT NULL
        ON CONFLICT DO NOTHING
), joined AS (
    INSERT INTO members (workspace, group_name, reviewer, added_by)
    SELECT $2, name, $6, 'key:' || $3 FROM unnest($7::text[]) AS name WHERE $6::text IS NOT NULL
        ON CONFLICT DO NOTHING
)
INSERT INTO api_keys (id, workspace, name, hash, roles, reviewer, owner, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $8, clock_timestamp() + $9::interval)
RETURNING id;

-- name: read_keys
-- The keys with these ids that are good now: neither revoked nor expired.
SELECT {key_columns} FROM api_keys k
 WHERE k.id = ANY ($1::text[]) AND k.revoked_at IS NULL
   AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp());

-- name: touch_keys
-- Notes that these keys were used.
UPDATE api_keys SET last_used_at = clock_timestamp() WHERE id = ANY ($1::text[]);

-- name: list_keys
-- The keys of a workspace (of all where it is null), oldest first.
SELECT {key_columns} FROM api_keys k WHERE $1::text IS NULL OR k.workspace = $1
 ORDER BY k.workspace, k.created_at, k.id;

-- name: revoke_key
-- Takes a key back, once; a row where there was such a key.
UPDATE api_keys SET revoked_at = coalesce(revoked_at, clock_timestamp()) WHERE id = $1 RETURNING id;
