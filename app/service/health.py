"""Whether this process can do its work."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from redis.exceptions import RedisError

from app.deps import Deps
from app.domain.errors import Unavailable
from app.store import migrations

REDIS_SECONDS = 1.0
DATABASE_SECONDS = 3.0  # who asks for health waits less long than who asks for work


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
        if missing := await migrations.missing(deps.database):
            return f"migrations missing: {', '.join(missing)}; run `signoff migrate`"
        if newer := await migrations.newer(deps.database):
            return f"of a newer version: {', '.join(newer)}; stop this process"
    except Unavailable:
        return "unreachable"
    return "ok"


async def _redis(deps: Deps) -> str:
    try:
        async with asyncio.timeout(REDIS_SECONDS):
            await deps.redis.ping()
    except (RedisError, OSError, TimeoutError):
        return "unreachable"
    return "ok"
