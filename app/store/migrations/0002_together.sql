-- Deciding together, handing over, in time: claims, delegation, extensions, reminders, working time, the directory.

CREATE TABLE calendars (
    workspace  text NOT NULL REFERENCES workspaces,
    name       text NOT NULL,
    zone       text NOT NULL,
    -- seven lists, Monday's first: [[start, end], ...] in minutes of the local day
    week       json NOT NULL,
    holidays   date[] NOT NULL,
    set_by     text NOT NULL,
    set_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (workspace, name)
);

-- The question: the shares of a level's time at which those who have not answered are reminded; whose hours count.
ALTER TABLE tasks ADD COLUMN reminders float8[] NOT NULL DEFAULT '{}';
ALTER TABLE tasks ALTER COLUMN reminders DROP DEFAULT;
ALTER TABLE tasks ADD COLUMN calendar text;

-- The state: who is asked at this level (before delegation), and the level's clock. Spans in seconds.
ALTER TABLE tasks ADD COLUMN asked text[];
UPDATE tasks t SET asked = ARRAY(
    SELECT json_array_elements_text(t.levels -> t.level -> 'assignees'));
ALTER TABLE tasks ALTER COLUMN asked SET NOT NULL;
ALTER TABLE tasks ADD COLUMN began_at timestamptz;
UPDATE tasks t SET began_at = coalesce((SELECT max(assigned_at) FROM assignments a WHERE a.task_id = t.id), t.created_at);
ALTER TABLE tasks ALTER COLUMN began_at SET NOT NULL;
ALTER TABLE tasks ADD COLUMN span float8;
UPDATE tasks t SET span = (t.levels -> t.level ->> 'after')::float8;
ALTER TABLE tasks ALTER COLUMN span SET NOT NULL;
ALTER TABLE tasks ADD COLUMN own_extensions float8[] NOT NULL DEFAULT '{}';
ALTER TABLE tasks ALTER COLUMN own_extensions DROP DEFAULT;
ALTER TABLE tasks ADD COLUMN reminded integer NOT NULL DEFAULT 0 CHECK (reminded >= 0);
ALTER TABLE tasks ALTER COLUMN reminded DROP DEFAULT;
ALTER TABLE tasks ADD COLUMN remind_at timestamptz;
-- When the clock next has something to do: a reminder, a claim to give back, the deadline.
ALTER TABLE tasks ADD COLUMN wake_at timestamptz;
UPDATE tasks SET wake_at = deadline_at;
ALTER TABLE tasks ADD CONSTRAINT pending_wakes CHECK ((status = 'PENDING') = (wake_at IS NOT NULL));
ALTER TABLE tasks ADD CONSTRAINT wakes_in_time CHECK (wake_at <= deadline_at);
DROP INDEX tasks_by_deadline;
CREATE INDEX tasks_by_wake ON tasks (wake_at) WHERE status = 'PENDING';

-- What lists are searched by.
CREATE INDEX tasks_by_deadline ON tasks (workspace, deadline_at) WHERE status = 'PENDING';
-- The words of prompt and details, and the labels, each as a word of its own. In a table of its own, since a task's row is
-- written anew with every change, and then into every index.
CREATE FUNCTION label_word(name text, value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ':' || md5(json_build_array(name, value)::text);  -- no word of a text begins with a colon
-- A word is letters and digits, whatever stands around it. Left to itself the parser takes AB-123 as 'ab' and '-123', a/b
-- as a file, addresses and dates whole, and in the C locale quotation marks beyond ASCII as letters.
CREATE FUNCTION text_words(given text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_tsvector('simple', regexp_replace(given, '[^[:alnum:]]+', ' ', 'g'));
CREATE FUNCTION words_of(prompt text, details text, labels jsonb) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN text_words(prompt || ' ' || coalesce(details, ''))
        || array_to_tsvector(ARRAY(SELECT label_word(key, value) FROM jsonb_each_text(labels)));
CREATE TABLE task_words (
    task_id uuid PRIMARY KEY,
    words   tsvector NOT NULL
);
INSERT INTO task_words SELECT id, words_of(prompt, details, labels) FROM tasks;
CREATE INDEX task_words_by_word ON task_words USING gin (words);

ALTER TABLE assignments ADD COLUMN on_behalf_of text NOT NULL DEFAULT '';  -- '' where it is the assignee's own
ALTER TABLE assignments ALTER COLUMN on_behalf_of DROP DEFAULT;
ALTER TABLE assignments ADD COLUMN claimed_by text;
ALTER TABLE assignments ADD COLUMN claim_expires_at timestamptz;
ALTER TABLE assignments ADD CONSTRAINT claim_is_whole CHECK ((claimed_by IS NULL) = (claim_expires_at IS NULL));
ALTER TABLE assignments DROP CONSTRAINT assignments_pkey;
ALTER TABLE assignments ADD PRIMARY KEY (task_id, assigned_version, assignee, on_behalf_of);
CREATE INDEX assignments_delegated ON assignments (workspace) WHERE ended_at IS NULL AND on_behalf_of <> '';

-- A person is answered for once.
CREATE UNIQUE INDEX answers_on_behalf_of ON answers (task_id, on_behalf_of) WHERE on_behalf_of IS NOT NULL;

-- The directory. Counted up by whoever changes absences, so that two changes cannot make a circle between them.
ALTER TABLE workspaces ADD COLUMN absences_version integer NOT NULL DEFAULT 0;

-- A group whose members an ADMIN has set: they are all there are. Of any other group more may come.
CREATE TABLE groups (
    workspace text NOT NULL REFERENCES workspaces,
    name      text NOT NULL,
    set_by    text NOT NULL,
    set_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (workspace, name)
);
CREATE TABLE members (
    workspace text NOT NULL REFERENCES workspaces,
    group_name text NOT NULL,
    reviewer  text NOT NULL,
    added_by  text NOT NULL,
    added_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (workspace, group_name, reviewer)
);
CREATE INDEX members_by_reviewer ON members (workspace, reviewer, group_name);
CREATE TABLE reviewers (
    workspace text NOT NULL REFERENCES workspaces,
    id        text NOT NULL,
    added_by  text NOT NULL,
    added_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (workspace, id)
);
-- Until now a key's groups stood with the key.
INSERT INTO reviewers (workspace, id, added_by)
SELECT DISTINCT workspace, reviewer, 'system:migration' FROM api_keys WHERE reviewer IS NOT NULL;
INSERT INTO members (workspace, group_name, reviewer, added_by)
SELECT DISTINCT workspace, g, reviewer, 'system:migration' FROM api_keys, unnest(groups) AS g WHERE reviewer IS NOT NULL;
ALTER TABLE api_keys DROP COLUMN groups;

CREATE TABLE absences (
    id        uuid PRIMARY KEY,
    workspace text NOT NULL REFERENCES workspaces,
    reviewer  text NOT NULL,
    delegate  text NOT NULL CHECK (delegate <> reviewer),
    from_at   timestamptz NOT NULL,
    until_at  timestamptz NOT NULL CHECK (until_at > from_at),
    set_by    text NOT NULL,
    set_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Up to when its tasks have been handed over, and given back: see app/service/delegate_tasks.py.
    begun     boolean NOT NULL DEFAULT false,
    ended     boolean NOT NULL DEFAULT false
);
CREATE INDEX absences_by_reviewer ON absences (workspace, reviewer, until_at);
CREATE INDEX absences_to_begin ON absences (from_at) WHERE NOT begun;
CREATE INDEX absences_to_end ON absences (until_at) WHERE NOT ended;

-- The key first: nothing else that is looked up by has an index that begins with it, so no plan can choose another.
DROP INDEX tasks_by_idempotency_key;
CREATE UNIQUE INDEX tasks_by_idempotency_key ON tasks (idempotency_key, created_by, workspace)
    WHERE idempotency_key IS NOT NULL;
