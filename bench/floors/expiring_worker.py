"""One arq job a task, and each does what Signoff's worker does for it: reads, decides, saves, logs.

usage: python -m bench.floors.expiring_worker REDIS_URL (and the settings of Signoff in the environment)
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any
from uuid import UUID

from app.deps import background, open_deps
from app.domain.task import Transition
from app.domain.waking import wake_task
from app.service.commands import Change, Commands
from app.settings import Settings
from app.store.tasks import Read
from bench.floors.job_worker import work


def _wake(read: Read) -> Transition | None:
    return wake_task(read.task, now=read.now, workplace=read.workplace)


async def expire(ctx: dict[str, Any], id_: str) -> None:
    """One task's deadline."""
    await ctx["commands"].change([Change(UUID(id_), _wake)])


async def main(redis: str) -> None:
    """Works until SIGTERM."""
    async with open_deps(Settings()) as deps:
        commands = Commands(deps)
        async with background(commands.announcer.run):
            await work(expire, redis, commands=commands)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
