"""Hints between processes, over Redis: "a log has grown". They may be lost; the tail reads the logs anyway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

HINTS = "signoff:hints"
SILENCE_SECONDS = 3.0
RECONNECT_SECONDS = 1.0

_log = structlog.get_logger()


async def publish(redis: Redis) -> None:
    """Says that a log has grown. Raises redis.RedisError."""
    await redis.publish(HINTS, "")


async def hints(redis: Redis) -> AsyncGenerator[None, None]:
    """One for each hint, for ever, and one after each (re)connection, since hints may have been missed.

    A link on which nothing is heard for 3 seconds, though it is asked each second, counts as cut.
    """
    while True:
        try:
            async with redis.pubsub() as listener:
                await listener.subscribe(HINTS)
                async with aclosing(_heard(listener)) as heard:
                    async for _ in heard:
                        yield
        except (RedisError, OSError, TimeoutError) as error:
            _log.warning("hints_lost", error=repr(error), retry_seconds=RECONNECT_SECONDS)
        await asyncio.sleep(RECONNECT_SECONDS)


async def _heard(listener: PubSub) -> AsyncGenerator[None, None]:
    loop = asyncio.get_running_loop()
    heard_at = loop.time()
    while True:
        message = await listener.get_message(timeout=SILENCE_SECONDS / 3)
        if message is None:
            if loop.time() - heard_at > SILENCE_SECONDS:
                raise TimeoutError(f"nothing heard for {SILENCE_SECONDS} s")
            await listener.ping()
            continue
        heard_at = loop.time()
        if message["type"] in ("subscribe", "message"):
            yield
