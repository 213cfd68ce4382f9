"""Broken copies of the service, to show that the tests which guard an invariant fail without it.

usage: python -m tests.mutants NAME COMMAND     runs `signoff COMMAND` with the change NAME
"""

from __future__ import annotations

import sys

from app.cli import main
from app.feed import hub
from app.store import events, tasks


def _replace(statement: str, old: str, new: str) -> None:
    assert old in tasks._SQL[statement], f"{statement} has no {old!r}"
    tasks._SQL[statement] = tasks._SQL[statement].replace(old, new)


def no_version_guard() -> None:
    """Read, then write, whatever happened in between."""
    _replace("save_tasks", " AND version = i.version - 1", "")
    _replace("save_tasks", "WHERE t.ctid = held.place", "WHERE t.id = i.id")
    answers = "FROM answers_in w JOIN saved s ON s.id = w.task_id"
    _replace("save_tasks", answers, f"{answers} ON CONFLICT DO NOTHING")


SEQUENCE = """
CREATE SEQUENCE mutant_seq;
CREATE FUNCTION mutant_number() RETURNS bigint LANGUAGE plpgsql AS
$$ DECLARE n bigint := nextval('mutant_seq'); BEGIN PERFORM pg_sleep(random() * 0.02); RETURN n; END $$;
"""  # what `sequence_cursor` needs in its database


def sequence_cursor() -> None:
    """Events numbered by an ordinary sequence, followed by "whatever is greater than what I saw last"."""
    for statement in ("insert_tasks", "save_tasks"):
        _replace(statement, "h.head - h.more + n.place", "mutant_number()")
        # The workspace's row is not locked: writers commit in another order than they were numbered in.
        _replace(
            statement, "WHERE id = ANY (ARRAY (SELECT id FROM counted)) ORDER BY id FOR NO KEY UPDATE", "WHERE false"
        )
        _replace(statement, "JOIN heads h ON h.id = n.workspace", "JOIN workspaces h ON h.id = n.workspace")
    events._SQL["read_head"] = (
        "SELECT (SELECT coalesce(max(seq), 0) FROM events) AS head, epoch FROM workspaces WHERE id = $1"
    )
    hub.gapless = lambda position, seq: seq > position


MUTANTS = {"no-version-guard": no_version_guard, "sequence-cursor": sequence_cursor}

if __name__ == "__main__":
    MUTANTS[sys.argv.pop(1)]()
    main()
