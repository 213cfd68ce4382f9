"""One arq job a task: each runs one statement. The usual way to time out many tasks.

usage: python -m bench.floors.job_worker DATABASE_URL REDIS_URL
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import asyncpg
from arq import create_pool
from arq.connections import RedisSettings
from arq.typing import WorkerCoroutine
from arq.worker import Worker

JOBS = 100
CONNECTIONS = 10
QUEUE = "bench:jobs"
EXPIRE = "UPDATE due SET status = 'EXPIRED', resolved_at = clock_timestamp() WHERE id = $1 AND status = 'PENDING'"


async def expire(ctx: dict[str, Any], id_: int) -> None:
    """One task's deadline."""
    await ctx["pool"].execute(EXPIRE, id_)


async def main(url: str, redis: str) -> None:
    """Works until SIGTERM."""
    await work(expire, redis, pool=await asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS))


async def work(job: WorkerCoroutine, redis: str, **ctx: Any) -> None:
    """Runs the queue's jobs until SIGTERM."""
    worker = Worker(
        functions=[job],
        redis_pool=await create_pool(RedisSettings.from_dsn(redis)),
        queue_name=QUEUE,
        max_jobs=JOBS,
        poll_delay=0.1,
        keep_result=0,
        ctx=ctx,
    )
    await worker.async_run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
