-- The key first: nothing else that is looked up by has an index that begins with it, so no plan can choose another.

DROP INDEX tasks_by_idempotency_key;
CREATE UNIQUE INDEX tasks_by_idempotency_key ON tasks (idempotency_key, created_by, workspace)
    WHERE idempotency_key IS NOT NULL;
