-- Whether two inputs with one idempotency key are the same is asked of the question itself, which is here as it was asked.
ALTER TABLE tasks DROP COLUMN fingerprint;
