"""The worker's process: arq's jobs, supervised so that they outlive Redis, and beside them the sweep."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from functools import partial

import structlog
from arq import cron
from arq.worker import Worker, func

from app import jobs
from app.deps import background, end, open_deps
from app.service.commands import Commands
from app.service.delegate_tasks import delegate_tasks
from app.service.expire_tasks import expire_tasks
from app.service.health import wait_until_fit
from app.settings import Settings
from workers.deadlines import expire_due, plan, sweep

JOB_SECONDS = 5
RESTART_SECONDS = 1.0
MOST_JOBS = 4

_log = structlog.get_logger()


async def run(settings: Settings) -> None:
    """Works until SIGTERM or SIGINT, then finishes what is under way. Raises Unavailable where there is no database, or
    none of this version."""
    async with open_deps(settings, wait=settings.start_seconds) as deps:
        await wait_until_fit(deps)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):  # until now there is nothing to finish
            loop.add_signal_handler(number, stop.set)
        commands = Commands(deps)
        async with background(
            commands.announcer.run,
            # Each on its own: however many tasks change hands, deadlines do not wait for them.
            partial(sweep, expire_tasks, commands, settings.sweep_every),
            partial(sweep, delegate_tasks, commands, settings.sweep_every),
            partial(_supervise, commands, stop),
        ):
            _log.info("worker_ready")
            await stop.wait()
            _log.info("worker_stops")
            await commands.drain()


async def _supervise(commands: Commands, stop: asyncio.Event) -> None:
    """Runs arq's worker again whenever it ends, as it does when Redis goes away. Until then the sweep does its work."""
    while not stop.is_set():
        worker = _worker(commands)
        run = asyncio.create_task(worker.async_run())
        try:
            await asyncio.wait([run])
        except asyncio.CancelledError:
            # Jobs are only hints: those that run go back into the queue, and the sets they began are drained.
            worker.allow_pick_jobs = False
            await end({run, *worker.tasks.values()})
            raise
        if error := run.exception():
            _log.warning("worker_restarts", error=repr(error), seconds=RESTART_SECONDS)
            # Not wait_for: before Python 3.12 it takes no notice of being cancelled where what it waits for is done.
            with suppress(TimeoutError):
                async with asyncio.timeout(RESTART_SECONDS):
                    await stop.wait()


def _worker(commands: Commands) -> Worker:
    """arq's worker on this process's Redis client. A kept result would keep its alarm from being armed again."""
    return Worker(
        functions=[func(expire_due, name=jobs.EXPIRE_DUE, keep_result=0, timeout=JOB_SECONDS)],
        cron_jobs=[cron(plan, second={0, 30}, run_at_startup=True, keep_result=0, timeout=JOB_SECONDS)],
        redis_pool=commands.deps.redis,
        queue_name=jobs.QUEUE,
        poll_delay=commands.deps.settings.alarm_tick,
        handle_signals=False,
        max_jobs=MOST_JOBS,
        job_timeout=JOB_SECONDS,
        keep_result=0,
        ctx={"commands": commands},
        job_serializer=jobs.serialize,
        job_deserializer=jobs.deserialize,
    )
