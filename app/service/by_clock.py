"""What the clock does to many tasks at a time."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import structlog

from app.service.commands import Change, Commands, Decide

_log = structlog.get_logger()


async def change_all(commands: Commands, ids: Sequence[UUID], decide: Decide) -> list[Exception]:
    """Has all of these decided on. Returns what went wrong, an error for each that could not be; it is logged, too."""
    results = await commands.change([Change(id_, decide) for id_ in ids])
    failed = [error for error in results if isinstance(error, Exception)]
    if failed:
        _log.error("clock_failed", tasks=len(failed), error=repr(failed[0]))
    return failed
