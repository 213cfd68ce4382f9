"""A small client of the public API: HTTP and WebSocket, nothing of the service's own code."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect

from tests.acceptance.running import Running

WAIT_SECONDS = 15.0

TASK = """fragment task on Task {
  id version status level deadlineAt prompt createdBy createdAt context labels urgency
  workflow { name runId step } approval { rule required approvals rejections }
  assignments { assignee { reviewer group } level reason assignedAt onBehalfOf claimedBy claimExpiresAt }
  answers { reviewer onBehalfOf decision comment input answeredAt }
  resolution { outcome by actors comment input at }
  feedback { reviewer rating comment scores { name value } }
}"""
OPEN = f"""mutation($input: OpenTaskInput!) {{ openTask(input: $input) {{ __typename
  ... on OpenTaskSuccess {{ replayed task {{ ...task }} advice {{ code message }} }}
  ... on Refusal {{ code message }} ... on InvalidInput {{ problems {{ path message }} }}
  ... on IdempotencyConflict {{ task {{ ...task }} }} }} }} {TASK}"""
ANSWER = f"""mutation($input: AnswerTaskInput!) {{ answerTask(input: $input) {{ __typename
  ... on AnswerTaskSuccess {{ task {{ ...task }} }} ... on Refusal {{ code message }}
  ... on InvalidInput {{ problems {{ path message }} }} ... on AlreadyResolved {{ task {{ ...task }} }}
  ... on AlreadyAnswered {{ task {{ ...task }} }} ... on StaleVersion {{ task {{ ...task }} }} }} }} {TASK}"""
RESULT = """__typename ... on TaskSuccess { task { ...task } } ... on Refusal { code message }
  ... on InvalidInput { problems { path message } } ... on AlreadyResolved { task { ...task } }
  ... on ClaimedByAnother { task { ...task } }"""
CANCEL = f"""mutation($id: ID!, $reason: String) {{ cancelTask(id: $id, reason: $reason) {{ __typename
  ... on TaskSuccess {{ task {{ ...task }} }} ... on Refusal {{ code message }}
  ... on InvalidInput {{ problems {{ path message }} }} ... on AlreadyResolved {{ task {{ ...task }} }} }} }} {TASK}"""
INBOX = f"""subscription($after: Cursor) {{ assignments(after: $after) {{ __typename
  ... on AssignmentSnapshot {{ cursor hasMore assignments {{ task {{ ...task }} assignee {{ reviewer group }} }} }}
  ... on TaskAssigned {{ cursor at assignment {{ level reason assignee {{ reviewer group }} task {{ ...task }} }} }}
  ... on TaskUnassigned {{ cursor at taskId reason task {{ ...task }} }}
  ... on TaskChanged {{ cursor at type task {{ ...task }} }} }} }} {TASK}"""
EVENTS = """subscription($filter: TaskEventFilter, $after: Cursor) { taskEvents(filter: $filter, after: $after) {
  cursor type taskVersion actor at data task { id version status } } }"""


class ApiError(Exception):
    """The response has errors."""

    def __init__(self, errors: list[dict[str, Any]], status: int = 200) -> None:
        super().__init__(json.dumps(errors))
        self.errors = errors
        self.status = status

    @property
    def code(self) -> str | None:
        code: str | None = self.errors[0].get("extensions", {}).get("code")
        return code


class Stream:
    """One subscription on a socket of its own."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def next(self, wait: float = WAIT_SECONDS) -> Any:
        """The next message's single field. Raises ApiError, StopAsyncIteration where it is complete."""
        while True:
            message = json.loads(await asyncio.wait_for(self._socket.recv(), wait))
            match message["type"]:
                case "next":
                    payload = message["payload"]
                    if payload.get("errors"):
                        raise ApiError(payload["errors"])
                    return next(iter(payload["data"].values()))
                case "error":
                    raise ApiError(message["payload"])
                case "complete":
                    raise StopAsyncIteration

    async def told(self, wait: float = WAIT_SECONDS) -> tuple[str, str | None]:
        """The next message of an inbox in short: its type, and its reason or type of change."""
        message = await self.next(wait)
        more = message.get("reason") or message.get("type") or message.get("assignment", {}).get("reason")
        return message["__typename"], more

    def pause(self) -> None:
        """Takes nothing from the network, until it resumes."""
        self._socket.transport.pause_reading()

    def resume(self) -> None:
        self._socket.transport.resume_reading()

    def cut(self) -> None:
        """As a network does it: without a word."""
        self._socket.transport.abort()

    async def nothing_more(self, wait: float) -> None:
        """Raises AssertionError if a message comes within so many seconds."""
        try:
            message = await self.next(wait)
        except TimeoutError:
            return
        raise AssertionError(f"unexpected: {message}")


class Client:
    """Somebody with a key."""

    def __init__(self, service: Running, key: str | None, http: httpx2.AsyncClient) -> None:
        self.service = service
        self.key = key
        self._http = http

    async def run(self, query: str, **variables: Any) -> Any:
        """The data of a query or mutation; of a single field, its value."""
        headers = {"authorization": f"Bearer {self.key}"} if self.key else {}
        response = await self._http.post(
            self.service.http, json={"query": query, "variables": variables}, headers=headers
        )
        body = response.json()
        if body.get("errors"):
            raise ApiError(body["errors"], response.status_code)
        data = body["data"]
        return next(iter(data.values())) if len(data) == 1 else data

    async def open(self, **given: Any) -> Any:
        usual = {
            "workflow": {"name": "expenses"},
            "prompt": "Approve expense report #1234 for $2,500",
            "assignees": [{"reviewer": "anna"}],
        }
        return await self.run(OPEN, input={**usual, **given})

    async def opened(self, **given: Any) -> Any:
        """The task, opened."""
        result = await self.open(**given)
        assert result["__typename"] == "OpenTaskSuccess", result
        return result["task"]

    async def answer(self, task_id: str, decision: str = "APPROVE", **given: Any) -> Any:
        return await self.run(ANSWER, input={"taskId": task_id, "decision": decision, **given})

    async def cancel(self, task_id: str, reason: str | None = None) -> Any:
        return await self.run(CANCEL, id=task_id, reason=reason)

    async def claim(self, task_id: str) -> Any:
        return await self.run(f"mutation($id: ID!) {{ claimTask(id: $id) {{ {RESULT} }} }} {TASK}", id=task_id)

    async def release(self, task_id: str) -> Any:
        return await self.run(f"mutation($id: ID!) {{ releaseTask(id: $id) {{ {RESULT} }} }} {TASK}", id=task_id)

    async def reassign(self, task_id: str, *assignees: dict[str, str], reason: str | None = None) -> Any:
        query = f"""mutation($id: ID!, $to: [AssigneeInput!]!, $reason: String) {{
            reassignTask(id: $id, assignees: $to, reason: $reason) {{ {RESULT} }} }} {TASK}"""
        return await self.run(query, id=task_id, to=assignees, reason=reason)

    async def extend(self, task_id: str, by: str) -> Any:
        query = f"""mutation($id: ID!, $by: Duration!) {{
            extendDeadline(id: $id, by: $by) {{ {RESULT} }} }} {TASK}"""
        return await self.run(query, id=task_id, by=by)

    async def rate(self, task_id: str, **given: Any) -> Any:
        query = f"mutation($input: RateTaskInput!) {{ rateTask(input: $input) {{ {RESULT} }} }} {TASK}"
        return await self.run(query, input={"taskId": task_id, **given})

    async def mine(self, **filter: Any) -> list[str]:
        """The ids of the tasks in the inbox."""
        query = "query($filter: AssignmentFilter) { assignments(filter: $filter) { nodes { task { id } } } }"
        return [node["task"]["id"] for node in (await self.run(query, filter=filter))["nodes"]]

    async def task(self, task_id: str) -> Any:
        return await self.run(f"query($id: ID!) {{ task(id: $id) {{ ...task }} }} {TASK}", id=task_id)

    async def await_task(self, task_id: str, wait: str = "PT15S") -> Any:
        query = f"query($id: ID!, $wait: Duration!) {{ awaitTask(id: $id, wait: $wait) {{ ...task }} }} {TASK}"
        return await self.run(query, id=task_id, wait=wait)

    async def cursor(self) -> str:
        """Where the log ends now."""
        async with self.inbox() as inbox:
            cursor: str = (await inbox.next())["cursor"]
            return cursor

    async def events(self, filter: dict[str, Any] | None = None) -> list[Any]:
        """The whole log, as far as it may be seen."""
        query = """query($after: Cursor, $filter: TaskEventFilter) {
            events(first: 500, after: $after, filter: $filter) {
            nodes { cursor type taskVersion actor at data task { id } } pageInfo { hasNextPage endCursor } } }"""
        nodes: list[Any] = []
        after = None
        while True:
            page = await self.run(query, after=after, filter=filter)
            nodes += page["nodes"]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return nodes

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[ClientConnection]:
        async with connect(self.service.ws, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
            payload = {"authorization": f"Bearer {self.key}"} if self.key else None
            await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
            acknowledged = json.loads(await asyncio.wait_for(socket.recv(), WAIT_SECONDS))
            assert acknowledged["type"] == "connection_ack", acknowledged
            yield socket

    @asynccontextmanager
    async def stream(self, query: str, **variables: Any) -> AsyncIterator[Stream]:
        async with self.socket() as socket:
            subscribe = {"query": query, "variables": variables}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": subscribe}))
            yield Stream(socket)

    @asynccontextmanager
    async def inbox(self, after: str | None = None) -> AsyncIterator[Stream]:
        async with self.stream(INBOX, after=after) as stream:
            yield stream
