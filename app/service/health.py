"""Whether this process can do its work."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog
from redis.exceptions import RedisError

from app.deps import Deps
from app.domain.errors import Unavailable
from app.store import migrations

REDIS_SECONDS = 1.0
DATABASE_SECONDS = 3.0  # who asks for health waits less long than who asks for work
LOOK_SECONDS = 0.1

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Readiness:
    """`database`: ok, unreachable or slow, or which migrations are missing or too many; `redis`: ok or unreachable."""

    database: str
    redis: str

    @property
    def ready(self) -> bool:
        """Redis is not needed: without it everything works, a little later."""
        return self.database == "ok"

    @property
    def as_json(self) -> dict[str, str]:
        status = "unavailable" if not self.ready else "degraded" if self.redis != "ok" else "ok"
        return {"status": status, "database": self.database, "redis": self.redis}


async def wait_until_fit(deps: Deps) -> None:
    """Waits for the database to be as this version needs it, at a process's start: a migration may be under way. Raises
    Unavailable."""
    loop = asyncio.get_running_loop()
    until = loop.time() + deps.settings.start_seconds
    said = None
    while why := await migrations.unfit(deps.database):
        # What is missing may be on its way; a newer version's database never comes back.
        if loop.time() >= until or await migrations.newer(deps.database):
            raise Unavailable(f"The database is not as this version needs it: {why}")
        if why != said:
            _log.info("database_awaited", why=why)
            said = why
        await asyncio.sleep(LOOK_SECONDS)


async def readiness(deps: Deps) -> Readiness:
    """Asks the database and Redis; takes 4 seconds at most."""
    return Readiness(await _database(deps), await _redis(deps))


async def _database(deps: Deps) -> str:
    # Not cancelled, which waits for the database as well: who answers late is left to the limit of a statement.
    asking = asyncio.create_task(_asked(deps))
    answered, _ = await asyncio.wait({asking}, timeout=DATABASE_SECONDS)
    return asking.result() if answered else "does not answer in time"


async def _asked(deps: Deps) -> str:
    try:
        return await migrations.unfit(deps.database) or "ok"
    except Unavailable:
        return "unreachable"


async def _redis(deps: Deps) -> str:
    try:
        async with asyncio.timeout(REDIS_SECONDS):
            await deps.redis.ping()
    except (RedisError, OSError, TimeoutError):
        return "unreachable"
    return "ok"
