-- name: insert_workspace
-- A workspace, unless it is there.
INSERT INTO workspaces (id) VALUES ($1) ON CONFLICT DO NOTHING;

-- name: insert_key
-- A new API key; of the key itself only its hash is kept.
INSERT INTO api_keys (id, workspace, name, hash, roles, reviewer, groups, owner, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp() + $9::interval)
RETURNING *;

-- name: read_keys
-- The keys with these ids that are good now: neither revoked nor expired.
SELECT * FROM api_keys
 WHERE id = ANY ($1::text[]) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp());

-- name: touch_keys
-- Notes that these keys were used.
UPDATE api_keys SET last_used_at = clock_timestamp() WHERE id = ANY ($1::text[]);

-- name: list_keys
-- The keys of a workspace (of all where it is null), oldest first.
SELECT * FROM api_keys WHERE $1::text IS NULL OR workspace = $1 ORDER BY workspace, created_at, id;

-- name: revoke_key
-- Takes a key back, once; the row where there was such a key.
UPDATE api_keys SET revoked_at = coalesce(revoked_at, clock_timestamp()) WHERE id = $1 RETURNING *;
