"""A subscription that fails after its first message tells its client, and gives its id free."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta
from typing import Any, cast

import pytest
from strawberry.http.async_base_view import AsyncWebSocketAdapter
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import Operation

from app.graphql.context import Context
from app.graphql.schema import make_schema
from app.graphql.socket import _Connection
from app.service import watch
from app.service.commands import Commands
from app.service.watch import InboxMessage, Snapshot
from tests.factories import a_reviewer

pytestmark = pytest.mark.anyio


class Line(AsyncWebSocketAdapter):
    """A client's end of a line, that keeps what it is sent."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        return
        yield

    async def send_json(self, message: Mapping[str, object]) -> None:
        self.sent.append(dict(message))

    async def send_text(self, text: str) -> None:
        self.sent.append(text)

    async def close(self, code: int, reason: str) -> None:
        self.sent.append((code, reason))


async def test_a_stream_that_breaks_says_so_and_its_id_is_free_again(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaking(*_: Any, **__: Any) -> AsyncGenerator[InboxMessage, None]:
        yield Snapshot("cursor", [], has_more=False)
        raise RuntimeError("secret")

    monkeypatch.setattr(watch, "watch_inbox", breaking)
    line = Line()
    connection = _Connection(
        view=cast("Any", None),
        websocket=line,
        context=Context(commands=commands, caller=a_reviewer("anna")),
        root_value=None,
        schema=make_schema(),
        connection_init_wait_timeout=timedelta(seconds=1),
    )
    query = "subscription { assignments { __typename } }"
    operation: Operation[Context, None] = Operation(connection, "1", query, None, None)
    connection.operations["1"] = operation
    await connection.run_operation(operation)
    assert json.loads(line.sent[0])["payload"] == {"data": {"assignments": {"__typename": "AssignmentSnapshot"}}}
    assert (line.sent[1]["type"], line.sent[1]["payload"][0]["extensions"]) == ("error", {"code": "INTERNAL"})
    assert "secret" not in str(line.sent)
    assert connection.operations == {}
