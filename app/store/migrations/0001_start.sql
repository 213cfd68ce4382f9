-- The tables of Signoff. Every rule that the domain keeps about a single row is a CHECK here as well.

CREATE TABLE workspaces (
    id         text PRIMARY KEY,
    -- The number of the newest event. Counted up in the statement that writes the events, so the log has no gaps.
    head       bigint NOT NULL DEFAULT 0 CHECK (head >= 0),
    -- Part of every cursor. A workspace restored from a backup gets a new one, so that old cursors are noticed.
    epoch      text NOT NULL DEFAULT left(replace(gen_random_uuid()::text, '-', ''), 8),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE api_keys (
    id           text PRIMARY KEY,
    workspace    text NOT NULL REFERENCES workspaces,
    name         text NOT NULL,
    hash         bytea NOT NULL,
    roles        text[] NOT NULL CHECK (roles <@ ARRAY['WORKFLOW', 'REVIEWER', 'ANALYST', 'ADMIN'] AND roles <> '{}'),
    reviewer     text CHECK (reviewer IS NOT NULL OR NOT 'REVIEWER' = ANY (roles)),
    groups       text[] NOT NULL DEFAULT '{}',
    owner        text,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz
);
CREATE INDEX api_keys_by_workspace ON api_keys (workspace, created_at);

CREATE TABLE tasks (
    id                   uuid PRIMARY KEY,
    workspace            text NOT NULL,
    created_by           text NOT NULL,
    openers              text[] NOT NULL,
    created_at           timestamptz NOT NULL,
    idempotency_key      text,
    fingerprint          text,
    -- The question, fixed for life. json, not jsonb, where the order of the names is for people to read.
    workflow             text NOT NULL,
    run_id               text,
    step                 text,
    prompt               text NOT NULL,
    details              text,
    context              json NOT NULL,
    answer_schema        json,
    labels               jsonb NOT NULL,
    urgency              text NOT NULL CHECK (urgency IN ('ROUTINE', 'URGENT', 'COMPLIANCE')),
    rule                 text NOT NULL CHECK (rule IN ('ANY', 'ALL', 'AT_LEAST')),
    at_least             integer CHECK ((at_least IS NOT NULL) = (rule = 'AT_LEAST')),
    strategy             text NOT NULL CHECK (strategy IN ('AUTO_APPROVE', 'ESCALATE', 'FAIL')),
    -- [{"assignees": ["reviewer:anna", "group:finance"], "after": seconds}], the first level first
    levels               json NOT NULL,
    when_exhausted       text NOT NULL CHECK (when_exhausted IN ('AUTO_APPROVE', 'FAIL')),
    rating_required      boolean NOT NULL,
    scores               text[] NOT NULL,
    separation_of_duties boolean NOT NULL,
    -- Its state.
    version              integer NOT NULL CHECK (version >= 1),
    status               text NOT NULL CHECK (status IN ('PENDING', 'APPROVED', 'REJECTED', 'EXPIRED', 'CANCELLED')),
    level                integer NOT NULL CHECK (level >= 0),
    deadline_at          timestamptz,
    audience             text[] NOT NULL,
    outcome              text,
    resolved_by          text,
    actors               text[],
    resolution_comment   text,
    resolution_input     json,
    resolved_at          timestamptz,
    -- Until when one worker has the expiring of this task to itself. Only saves double work: the version guards.
    leased_until         timestamptz,
    CONSTRAINT pending_waits CHECK ((status = 'PENDING') = (deadline_at IS NOT NULL)),
    CONSTRAINT resolved_is_whole CHECK (
        num_nulls(outcome, resolved_by, actors, resolved_at) = CASE status WHEN 'PENDING' THEN 4 ELSE 0 END),
    CONSTRAINT resolved_as CHECK (status = 'PENDING' OR (status, outcome, resolved_by) IN (
        ('APPROVED', 'APPROVED', 'REVIEWER'), ('REJECTED', 'REJECTED', 'REVIEWER'),
        ('EXPIRED', 'APPROVED', 'TIMEOUT'), ('EXPIRED', 'FAILED', 'TIMEOUT'), ('CANCELLED', 'CANCELLED', 'WORKFLOW')))
);
CREATE UNIQUE INDEX tasks_by_idempotency_key ON tasks (workspace, created_by, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
CREATE INDEX tasks_by_deadline ON tasks (deadline_at) WHERE status = 'PENDING';
CREATE INDEX tasks_by_creation ON tasks (workspace, created_at, id);
CREATE INDEX tasks_by_run ON tasks (workspace, workflow, run_id, created_at, id);

CREATE TABLE assignments (
    task_id          uuid NOT NULL REFERENCES tasks,
    -- The task's version that brought it: an assignee may have a task, lose it, and get it again.
    assigned_version integer NOT NULL,
    assignee         text NOT NULL,  -- reviewer:ID or group:NAME
    position         integer NOT NULL,
    workspace        text NOT NULL,
    level            integer NOT NULL,
    reason           text NOT NULL CHECK (reason IN ('OPENED', 'ESCALATED', 'REASSIGNED', 'DELEGATED', 'RELEASED')),
    assigned_at      timestamptz NOT NULL,
    due_at           timestamptz NOT NULL,  -- the level's deadline, here so that an inbox pages by it
    ended_at         timestamptz,
    ended_reason     text CHECK (
        ended_reason IN ('RESOLVED', 'ESCALATED', 'REASSIGNED', 'DELEGATED', 'CANCELLED', 'CLAIMED_BY_ANOTHER')),
    PRIMARY KEY (task_id, assigned_version, assignee),
    CHECK ((ended_at IS NULL) = (ended_reason IS NULL))
);
CREATE INDEX assignments_open ON assignments (workspace, assignee, due_at, task_id, assigned_version)
    WHERE ended_at IS NULL;

CREATE TABLE answers (
    task_id      uuid NOT NULL REFERENCES tasks,
    reviewer     text NOT NULL,
    on_behalf_of text,
    decision     text NOT NULL CHECK (decision IN ('APPROVE', 'REJECT')),
    comment      text,
    input        json,
    through      text[] NOT NULL,
    assigned_at  timestamptz NOT NULL,
    answered_at  timestamptz NOT NULL,
    PRIMARY KEY (task_id, reviewer)
);

CREATE TABLE feedback (
    task_id   uuid NOT NULL REFERENCES tasks,
    reviewer  text NOT NULL,
    workspace text NOT NULL,
    rating    integer CHECK (rating BETWEEN 1 AND 5),
    scores    jsonb NOT NULL,
    comment   text,
    at        timestamptz NOT NULL,
    PRIMARY KEY (task_id, reviewer)
);
CREATE INDEX feedback_by_time ON feedback (workspace, at, task_id, reviewer);

CREATE TABLE events (
    workspace text NOT NULL,
    seq       bigint NOT NULL,
    task_id   uuid NOT NULL,
    version   integer NOT NULL,
    type      text NOT NULL CHECK (type IN (
        'OPENED', 'ASSIGNED', 'CLAIMED', 'RELEASED', 'REASSIGNED', 'ANSWERED', 'ESCALATED', 'REMINDED', 'EXTENDED',
        'RATED', 'APPROVED', 'REJECTED', 'EXPIRED', 'CANCELLED')),
    actor     text NOT NULL,
    at        timestamptz NOT NULL,
    data      json NOT NULL,
    concerns  text[] NOT NULL,  -- the assignees whose inbox it changes
    audience  text[] NOT NULL,  -- all who may see it
    PRIMARY KEY (workspace, seq)
);
CREATE INDEX events_by_task ON events (task_id, seq);
