-- What belongs to a task is written by the statement that writes the task, for tasks that it wrote and no others; a check
-- of each row by a query of its own cost a tenth of it (docs/decisions/0018).
ALTER TABLE assignments DROP CONSTRAINT assignments_task_id_fkey;
ALTER TABLE answers DROP CONSTRAINT answers_task_id_fkey;
ALTER TABLE feedback DROP CONSTRAINT feedback_task_id_fkey;
