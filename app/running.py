"""How a process of the service runs its loop: the same for API and worker."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Coroutine
from typing import Any

from uvicorn.loops.auto import auto_loop_factory

YOUNG_OBJECTS = 20_000
"""How many more objects are made than freed before the collector looks for cycles among them.

A request makes hundreds that reference counting alone frees with its answer; at Python's own 700 it would look all the
time.
"""


def rest_the_collector() -> None:
    """What there is now, code and schema, stays for good: the collector need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)


def run_for_long(work: Coroutine[Any, Any, None]) -> None:
    """Runs `work` to its end, on the loop that uvicorn would take (uvloop, where there is one)."""
    rest_the_collector()
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(work)
