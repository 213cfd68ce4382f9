"""A database's clock that a test moves, with nothing of the service changed.

The service asks PostgreSQL for `clock_timestamp()`, by that name alone. In the test's database a function of that name
stands in a schema of its own before `pg_catalog` in the search path, and reads the time from a table.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

START = datetime(2030, 1, 7, 9, tzinfo=UTC)
"""A Monday. Later than any clock of today, so that what was stored before the clock was put in is in its past."""

_INSTALL = f"""
CREATE SCHEMA clock;
CREATE TABLE clock.face (at timestamptz NOT NULL);
INSERT INTO clock.face VALUES ('{START.isoformat()}');
CREATE FUNCTION clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    RETURN (SELECT at FROM clock.face);
DO $$ DECLARE
    found record;
BEGIN
    -- A default was bound to PostgreSQL's own clock when its table was made.
    FOR found IN SELECT d.adrelid::regclass AS place, a.attname AS name
                   FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
                  WHERE pg_get_expr(d.adbin, d.adrelid) = 'clock_timestamp()' LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT clock.clock_timestamp()', found.place, found.name);
    END LOOP;
    EXECUTE format('ALTER DATABASE %I SET search_path = clock, pg_catalog, public', current_database());
END $$;
"""


async def install(url: str) -> None:
    """Puts the clock into the database at `url`, at `START`. Connections that are open already keep the real time."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_INSTALL)
    finally:
        await connection.close()


class Clock:
    """The clock of a database, through a connection of its own. It stands still until it is moved."""

    def __init__(self, connection: asyncpg.Connection[Any]) -> None:
        self._connection = connection
        self.now = START

    async def set(self, at: datetime) -> None:
        """From now on it is `at`."""
        await self._connection.execute("UPDATE clock.face SET at = $1", at)
        self.now = at

    async def advance(self, by: timedelta) -> None:
        """It is later by `by`."""
        await self.set(self.now + by)
