"""Brings a database to the tables that this version needs: numbered plain SQL in migrations/, in order, once each."""

from __future__ import annotations

from importlib.resources import files

import asyncpg

from app.store.database import Database

# Any number will do; it keeps two migrations of one database apart.
_LOCK = 5_164_663
_SECONDS = 3_600.0
_TABLE = """CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"""


def known() -> dict[str, str]:
    """The migrations that this version brings, name to SQL, in order."""
    folder = files("app.store").joinpath("migrations")
    found = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return {f.name.removesuffix(".sql"): f.read_text() for f in found}


async def migrate(database: Database) -> list[str]:
    """Applies what is missing, all or nothing; the names of what was applied. Safe to run by several at once."""
    async with database.transaction() as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK, timeout=_SECONDS)
        await connection.execute(_TABLE)
        applied = {row["name"] for row in await connection.fetch("SELECT name FROM schema_migrations")}
        missing = {name: sql for name, sql in known().items() if name not in applied}
        for name, sql in missing.items():
            await connection.execute(sql, timeout=_SECONDS)
            await connection.execute("INSERT INTO schema_migrations (name) VALUES ($1)", name)
    return list(missing)


async def missing(database: Database) -> list[str]:
    """The names of the migrations that the database has not had. Raises Unavailable."""
    had = await _had(database)
    return [name for name in known() if name not in had]


async def newer(database: Database) -> list[str]:
    """The names of the migrations that the database has had and this version does not know. Raises Unavailable."""
    return sorted(await _had(database) - known().keys())


async def unfit(database: Database) -> str | None:
    """Why this version cannot work on the database, None where it can. Raises Unavailable."""
    if names := await missing(database):
        return f"migrations missing: {', '.join(names)}; run `signoff migrate`"
    if names := await newer(database):
        return f"of a newer version: {', '.join(names)}; run that version instead"
    return None


async def _had(database: Database) -> set[str]:
    try:
        return {row["name"] for row in await database.fetch("SELECT name FROM schema_migrations")}
    except asyncpg.UndefinedTableError:
        return set()
