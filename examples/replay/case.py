"""One case: a workflow run that opens a task for each step and waits for its resolution before the next."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from enum import StrEnum
from typing import Any, Protocol

from examples.replay.log import Row
from examples.replay.service import HTTP_SECONDS, Api, Connection, Service, connection
from examples.replay.trace import WORKFLOW, Sitting, Trace
from examples.replay.trouble import Dropped, Patience, ReplayError

_OPEN = """
mutation($input: OpenTaskInput!) {
  openTask(input: $input) {
    __typename
    ... on OpenTaskSuccess { replayed task { id status } }
    ... on InvalidInput { problems { path message } }
    ... on Refusal { message }
  }
}
"""
_AWAIT = """
query($id: ID!, $wait: Duration!) {
  awaitTask(id: $id, wait: $wait) { status resolution { outcome } }
}
"""
_RESOLVED = """
subscription($id: ID!) {
  taskResolved(id: $id) { status resolution { outcome } }
}
"""
LONGEST_WAIT_SECONDS = 60


class Resume(StrEnum):
    """How a workflow learns that its task is resolved."""

    AWAIT_TASK = "awaitTask"
    TASK_RESOLVED = "taskResolved"


class Resolutions(Protocol):
    """One of the ways to wait."""

    async def of(self, task_id: str) -> dict[str, Any] | None:
        """The task once it is resolved; None where it is not after the longest wait. Raises ReplayError."""


class Awaited:
    """Long polls."""

    def __init__(self, api: Api, seconds: float) -> None:
        self._api = api
        self._seconds = seconds

    async def of(self, task_id: str) -> dict[str, Any] | None:
        until = time.monotonic() + self._seconds
        while True:
            wait = max(1, min(LONGEST_WAIT_SECONDS, round(until - time.monotonic())))
            answer = await self._api.call(_AWAIT, {"id": task_id, "wait": f"PT{wait}S"}, seconds=wait + HTTP_SECONDS)
            task: dict[str, Any] | None = answer["awaitTask"]
            if task is None:
                raise ReplayError(f"The workflow may no longer see task {task_id}.")
            if task["resolution"]:
                return task
            if time.monotonic() >= until:
                return None


class Subscribed:
    """One WebSocket for as long as it lasts, and on it a subscription for each task."""

    def __init__(self, service: Service, sitting: Sitting, seconds: float) -> None:
        self._service = service
        self._sitting = sitting
        self._seconds = seconds
        self._stack = AsyncExitStack()
        self._open: Connection | None = None

    async def __aenter__(self) -> Subscribed:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def of(self, task_id: str) -> dict[str, Any] | None:
        patience = Patience(self._seconds)
        while True:
            try:
                async with asyncio.timeout(self._seconds):
                    return await self._pushed(task_id)
            except TimeoutError:
                await self._hang_up()
                return None
            except Dropped as error:
                self._sitting.attempts.connections += 1
                await self._hang_up()
                await patience.after(error)

    async def _pushed(self, task_id: str) -> dict[str, Any]:
        if self._open is None:
            opening = connection(self._service.ws, self._service.workflow_key)
            self._open = await self._stack.enter_async_context(opening)
        async with aclosing(self._open.subscribe(_RESOLVED, {"id": task_id})) as messages:
            async for message in messages:
                task: dict[str, Any] = message["taskResolved"]
                return task
        raise Dropped("the server ended the subscription")

    async def _hang_up(self) -> None:
        self._open = None
        await self._stack.aclose()


class Lane:
    """Runs cases, one after the other, over one HTTP connection; `advance` is called for each task done."""

    def __init__(
        self, api: Api, resolutions: Resolutions, sitting: Sitting, *, patience: float, advance: Callable[[], None]
    ) -> None:
        self._api = api
        self._resolutions = resolutions
        self._sitting = sitting
        self._patience = patience
        self._advance = advance

    async def run(self, case: tuple[Row, ...]) -> None:
        """Raises ReplayError where the case cannot go on."""
        for row in case:
            trace = self._sitting.traces[row.number]
            task_id = await self._open(trace)
            task = await self._resolutions.of(task_id)
            trace.resumed_at = time.perf_counter()
            if task is None:
                pushed = "was not pushed to" if trace.pushed_at is None else "was pushed to, but not answered by,"
                raise ReplayError(f"row {row.number} {pushed} {row.person} within {self._patience:.0f} s")
            if task["status"] != "APPROVED":
                raise ReplayError(f"row {row.number} ended {task['status']}, not APPROVED")
            self._advance()

    async def _open(self, trace: Trace) -> str:
        row = trace.row
        run_id = self._sitting.run_id(row)
        question = {
            "idempotencyKey": f"{run_id}/{row.number}",
            "workflow": {"name": WORKFLOW, "runId": run_id, "step": row.step},
            "prompt": row.prompt,
            "context": row.context,
            "labels": {"replay": self._sitting.tag, "row": str(row.number)},
            "assignees": [{"reviewer": row.person}],
            "timeout": {"strategy": "FAIL", "after": "P7D"},
        }
        trace.opening_at = time.perf_counter()
        result = (await self._api.call(_OPEN, {"input": question}))["openTask"]
        kind = result["__typename"]
        if kind != "OpenTaskSuccess":
            self._sitting.refusals[kind] += 1
            problems = "; ".join(f"{p['path']} {p['message']}" for p in result.get("problems", ()))
            raise ReplayError(f"row {row.number} may not be opened: {kind}: {problems or result['message']}")
        trace.replayed = result["replayed"]
        trace.found_resolved = result["replayed"] and result["task"]["status"] != "PENDING"
        trace.task_id = result["task"]["id"]
        return str(trace.task_id)
