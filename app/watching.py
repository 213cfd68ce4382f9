"""`signoff watch`: a reviewer's inbox on the terminal; the smallest client of the subscription."""

from __future__ import annotations

import json

import typer
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

_FORBIDDEN = 4403  # see app/graphql/socket.py
_ASSIGNMENTS = """
subscription($after: Cursor) {
  assignments(after: $after) {
    __typename
    ... on AssignmentSnapshot { cursor hasMore assignments { assignee { reviewer group } task { ...shown } } }
    ... on TaskAssigned { cursor at assignment { reason assignee { reviewer group } task { ...shown } } }
    ... on TaskUnassigned { cursor at reason taskId }
    ... on TaskChanged { cursor at type task { ...shown } }
  }
}
fragment shown on Task { id prompt status deadlineAt }
"""


async def watch(url: str, key: str, after: str | None) -> None:
    """Prints each message until the connection ends. Raises OSError, RuntimeError with what the server said."""
    try:
        async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
            await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}}))
            await socket.recv()
            subscribe = {"query": _ASSIGNMENTS, "variables": {"after": after}}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": subscribe}))
            async for raw in socket:
                message = json.loads(raw)
                payload = message.get("payload")
                if message["type"] == "error" or (message["type"] == "next" and payload.get("errors")):
                    errors = payload if message["type"] == "error" else payload["errors"]
                    raise RuntimeError("; ".join(error["message"] for error in errors))
                if message["type"] == "next":
                    typer.echo(json.dumps(payload))
                elif message["type"] == "complete":
                    return
    except ConnectionClosed as error:
        if error.rcvd and error.rcvd.code == _FORBIDDEN:
            raise RuntimeError("The key is not valid.") from error
        raise RuntimeError(f"The server closed the connection: {error}") from error
    except WebSocketException as error:
        raise RuntimeError(f"{url} is not Signoff's WebSocket (ws://HOST:PORT/graphql): {error}") from error
