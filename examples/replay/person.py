"""One person: follows their inbox over a WebSocket, and answers one task at a time, the earliest recorded first."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from enum import Enum, auto
from typing import Any

from examples.replay.service import Api, Service, connection
from examples.replay.trace import WORKFLOW, Sitting
from examples.replay.trouble import Dropped, Patience, ReplayError

_INBOX = """
subscription($after: Cursor) {
  assignments(after: $after) {
    __typename
    ... on AssignmentSnapshot { cursor hasMore assignments { task { ...seen } } }
    ... on TaskAssigned { cursor assignment { task { ...seen } } }
    ... on TaskUnassigned { cursor reason task { ...seen } }
    ... on TaskChanged { cursor task { ...seen } }
  }
}
fragment seen on Task { id labels status }
"""
_REST = """
query($after: Cursor, $workflow: String) {
  assignments(filter: {workflow: $workflow}, first: 200, after: $after) {
    nodes { task { id labels status } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
_ANSWER = """
mutation($input: AnswerTaskInput!) {
  answerTask(input: $input) {
    __typename
    ... on AnswerTaskSuccess { task { status } }
    ... on Refusal { message }
  }
}
"""
# Refusals that a second attempt at an answer may bring, where the first one's success was not heard of.
_DONE_ALREADY = ("AlreadyAnswered", "AlreadyResolved")


class Source(Enum):
    """Where a person heard of a task."""

    PUSH = auto()
    SNAPSHOT = auto()
    PAGE = auto()


class Person:
    """A reviewer. `ready` is set once the inbox has been read for the first time."""

    def __init__(self, name: str, service: Service, key: str, sitting: Sitting, *, patience: float) -> None:
        self._name = name
        self._service = service
        self._key = key
        self._sitting = sitting
        self._patience = patience
        self._inbox: asyncio.PriorityQueue[tuple[int, int, str]] = asyncio.PriorityQueue()
        self._known: set[int] = set()
        self._cursor: str | None = None
        self._leaving: set[int] = set()  # answered, and TaskUnassigned not heard yet
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled. Raises ReplayError (in a group)."""
        calling = Api(self._service.http, self._key, patience=self._patience, attempts=self._sitting.attempts)
        async with calling as api, asyncio.TaskGroup() as both:
            both.create_task(self._follow(api))
            both.create_task(self._answer_all(api))

    async def quiet(self) -> None:
        """Returns when every task that was answered has left the inbox, so that all pushed before it has been seen."""
        await self._quiet.wait()

    async def _follow(self, api: Api) -> None:
        patience = Patience(self._patience)
        while True:
            try:
                async with (
                    connection(self._service.ws, self._key) as opened,
                    aclosing(opened.subscribe(_INBOX, {"after": self._cursor})) as messages,
                ):
                    async for pushed in messages:
                        patience.reset()
                        await self._take(pushed["assignments"], api)
                raise Dropped("the server ended the subscription")
            except Dropped as error:
                self._sitting.attempts.connections += 1
                await patience.after(error)
            except ReplayError as error:
                raise ReplayError(f"{self._name}'s inbox: {error}") from error

    async def _take(self, message: dict[str, Any], api: Api) -> None:
        kind = message["__typename"]
        self._sitting.messages[kind] += 1
        self._cursor = message["cursor"]
        match kind:
            case "TaskAssigned":
                self._see(message["assignment"]["task"], Source.PUSH)
            case "TaskUnassigned":
                self._leave(message["task"])
            case "AssignmentSnapshot":
                for assignment in message["assignments"]:
                    self._see(assignment["task"], Source.SNAPSHOT)
                if message["hasMore"]:
                    await self._read_rest(api)
                if self.ready.is_set():
                    # What left while the log could not be followed is not told of any more.
                    self._sitting.gaps.add(self._name)
                    self._leaving.clear()
                    self._quiet.set()
                self.ready.set()

    async def _read_rest(self, api: Api) -> None:
        """The whole inbox, page by page; what the snapshot held already is known."""
        after: str | None = None
        while True:
            answer = await api.call(_REST, {"after": after, "workflow": WORKFLOW})
            page = answer["assignments"]
            for node in page["nodes"]:
                self._see(node["task"], Source.PAGE)
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    def _see(self, task: dict[str, Any], source: Source) -> None:
        """Puts a task of this replay into the inbox, where it is not there yet."""
        trace = self._sitting.mine(task)
        if trace is None:
            return
        row = trace.row
        if row.person != self._name:
            self._sitting.strays.append(f"row {row.number} is {row.person}'s, but was pushed to {self._name}")
            return
        new = row.number not in self._known
        if source is Source.PUSH:
            trace.assigned += 1
        if new:
            trace.listed = source is Source.SNAPSHOT
            trace.paged = source is Source.PAGE
            trace.pushed_at = time.perf_counter()
            self._known.add(row.number)
            self._inbox.put_nowait((row.order, row.number, task["id"]))

    def _leave(self, task: dict[str, Any]) -> None:
        trace = self._sitting.mine(task)
        if trace is None:
            return
        trace.left += 1
        self._leaving.discard(trace.row.number)
        if not self._leaving:
            self._quiet.set()

    async def _answer_all(self, api: Api) -> None:
        while True:
            _, number, task_id = await self._inbox.get()
            await self._answer(api, number, task_id)

    async def _answer(self, api: Api, number: int, task_id: str) -> None:
        trace = self._sitting.traces[number]
        if not trace.left:
            self._leaving.add(number)
            self._quiet.clear()
        trace.answering_at = time.perf_counter()
        answer = {
            "taskId": task_id,
            "decision": "APPROVE",
            "comment": trace.row.comment,
            "rating": trace.row.rating,
        }
        result = (await api.call(_ANSWER, {"input": answer}))["answerTask"]
        kind = result["__typename"]
        if kind == "AnswerTaskSuccess":
            trace.answered = True
            return
        self._sitting.refusals[kind] += 1
        if kind not in _DONE_ALREADY:
            raise ReplayError(f"{self._name} may not answer row {number}: {kind}: {result.get('message')}")
