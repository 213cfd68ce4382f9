"""Background jobs: their names and arguments. The app enqueues, the workers run.

A job is a hint: it may be lost, run twice or run early, and nothing is decided by it but when somebody looks.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import orjson
from arq.connections import ArqRedis

QUEUE = "signoff:jobs"
EXPIRE_DUE = "expire_due"
REDIS_SECONDS = 2.0


def serialize(job: dict[str, Any]) -> bytes:
    """A job as JSON (arq's own way, pickle, would run whatever somebody puts into Redis)."""
    return orjson.dumps(job, default=str)


def deserialize(raw: bytes) -> dict[str, Any]:
    """The job that `serialize` wrote."""
    job: dict[str, Any] = orjson.loads(raw)
    return job


def connect(url: str) -> ArqRedis:
    """A client of the Redis at `url`; it connects when first used, and waits at most 2 seconds for an answer."""
    redis: ArqRedis = ArqRedis.from_url(url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)
    redis.job_serializer = serialize
    redis.job_deserializer = deserialize
    redis.default_queue_name = QUEUE
    return redis


def alarm_at(wake_at: datetime, tick: float) -> datetime:
    """`wake_at` rounded up to a whole `tick` (seconds), so that moments close together share an alarm."""
    return datetime.fromtimestamp(math.ceil(wake_at.timestamp() / tick) * tick, UTC)


async def arm(redis: ArqRedis, due_at: datetime) -> None:
    """An alarm at this time, or at once where it has passed, once however often it is asked for. Raises
    redis.RedisError."""
    # Redis takes nothing that is to be kept until a time that has passed, which it is where that was a day ago.
    until = max(due_at, datetime.now(UTC))
    await redis.enqueue_job(EXPIRE_DUE, _job_id=f"{EXPIRE_DUE}:{due_at.timestamp():.3f}", _defer_until=until)
