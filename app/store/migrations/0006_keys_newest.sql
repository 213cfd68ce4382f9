-- Of indexes that cost the same PostgreSQL takes the one made last; with hardly a row all cost the same, and such a plan is
-- kept for a while. So what a task is looked up by is made last, after the indexes that only have its id somewhere in them.
ALTER TABLE tasks DROP CONSTRAINT tasks_pkey, ADD PRIMARY KEY (id);
