"""A subscription that fails after its first message tells its client, and gives its id free. By whichever way that
message went: one that was written at once is not to be told again by the long way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing, nullcontext
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, cast

import orjson
import pytest
from starlette.websockets import WebSocket, WebSocketState
from strawberry.http.async_base_view import AsyncWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import Operation

from app.auth import Role, key_id_of
from app.deps import Deps, background
from app.feed.delivery import AtOnce
from app.graphql import socket as socket_module
from app.graphql.context import Context
from app.graphql.schema import make_schema
from app.graphql.socket import Begun, Sockets, _Connection, _Wire
from app.service import watch
from app.service.authenticate import Authenticator
from app.service.commands import Commands
from app.service.open_task import open_task
from app.service.watch import Assigned, InboxMessage, Snapshot
from tests.factories import a_key, a_principal, a_request, a_reviewer, a_workspace, an_opening

pytestmark = pytest.mark.anyio

CURSOR = "c" * 40


class Line(AsyncWebSocketAdapter):
    """A client's end of a line, that keeps what it is sent."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.keeps_up = True

    def write_frames(self, frames: bytes) -> bool:
        if self.keeps_up:
            self.sent += (m.decode() for m in _messages(frames))
        return self.keeps_up

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        return
        yield

    async def send_json(self, message: Mapping[str, object]) -> None:
        self.sent.append(dict(message))

    async def send_text(self, text: str) -> None:
        self.sent.append(text)

    async def close(self, code: int, reason: str) -> None:
        self.sent.append((code, reason))


def _messages(frames: bytes) -> Iterator[bytes]:
    """Those in frames of 126 to 65,535 bytes."""
    while frames:
        end = 4 + int.from_bytes(frames[2:4])
        yield frames[4:end]
        frames = frames[end:]


async def _run(commands: Commands, line: Line) -> _Connection:
    connection = _Connection(
        view=cast("Any", None),
        websocket=line,
        context=Context(commands=commands, caller=a_reviewer("anna")),
        root_value=None,
        schema=make_schema(),
        connection_init_wait_timeout=timedelta(seconds=1),
    )
    query = "subscription { assignments { __typename ... on AssignmentSnapshot { cursor } } }"
    operation: Operation[Context, None] = Operation(connection, "1", query, None, None)
    connection.operations["1"] = operation
    await connection.run_operation(operation)
    return connection


def _told(cursor: str) -> str:
    snapshot = {"__typename": "AssignmentSnapshot", "cursor": cursor}
    return f'{{"id":"1","type":"next","payload":{orjson.dumps({"data": {"assignments": snapshot}}).decode()}}}'


async def test_a_stream_that_breaks_says_so_and_its_id_is_free_again(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaking(*_: Any, **__: Any) -> AsyncGenerator[InboxMessage, None]:
        yield Snapshot(CURSOR, [], has_more=False)
        raise RuntimeError("secret")

    monkeypatch.setattr(watch, "watch_inbox", breaking)
    line = Line()
    connection = await _run(commands, line)
    _broke_after([_told(CURSOR)], line, connection)


async def test_one_that_breaks_after_what_was_written_at_once_does_not_begin_anew(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 0

    async def breaking(*_: Any, at_once: AtOnce[InboxMessage]) -> AsyncGenerator[InboxMessage, None]:
        nonlocal begun
        begun += 1
        texts = [at_once.make(Snapshot(f"{n}{CURSOR}", [], has_more=False)) for n in range(2)]
        assert at_once.write([text for text in texts if text])
        line.keeps_up = False
        assert not at_once.write([text for text in texts if text])
        raise RuntimeError("secret")
        yield

    monkeypatch.setattr(watch, "watch_inbox", breaking)
    line = Line()
    connection = await _run(commands, line)
    _broke_after([_told(f"{n}{CURSOR}") for n in range(2)], line, connection)
    assert begun == 1


def _broke_after(messages: list[str], line: Line, connection: _Connection) -> None:
    assert line.sent[:-1] == messages
    assert (line.sent[-1]["type"], line.sent[-1]["payload"][0]["extensions"]) == ("error", {"code": "INTERNAL"})
    assert "secret" not in str(line.sent)
    assert connection.operations == {}


def _waiting(deps: Deps) -> Iterator[bool]:
    """For each subscriber whether it has read what there is, and waits for more."""
    for followed in deps.hub._followed.values():
        for group in followed.groups.values():
            yield from (subscriber._waits() for subscriber in group.subscribers)


async def test_who_is_kept_from_a_task_is_not_told_what_another_of_the_same_name_is(
    deps: Deps, commands: Commands
) -> None:
    """Two keys of anna's: behind one stands otto as well, who may not answer what he has opened."""
    await a_workspace(deps)
    keys = {"hers": a_reviewer("anna"), "his": replace(a_reviewer("anna"), owner="otto")}
    told: dict[str, list[str]] = {name: [] for name in keys}

    def make(message: InboxMessage) -> bytes:
        assert isinstance(message, Assigned)
        return message.task.question.prompt.encode()

    async def follow(name: str) -> None:
        def write(texts: Sequence[bytes]) -> bool:
            told[name] += [text.decode() for text in texts]
            return True

        inbox = watch.watch_inbox(deps, keys[name], None, at_once=AtOnce(("the same",), make, write))
        async with aclosing(inbox) as messages:
            async for message in messages:
                assert isinstance(message, Snapshot), "the rest is written at once"

    async with background(deps.tail.follow, *(partial(follow, name) for name in keys)), asyncio.timeout(10):
        while sum(_waiting(deps)) < 2:
            await asyncio.sleep(0)
        opens = a_principal(Role.WORKFLOW, owner="otto")
        for prompt, separate in (("Kept from him: approve $1?", True), ("For both: approve $2?", False)):
            await open_task(commands, opens, a_request(prompt=prompt, separation_of_duties=separate))
        while not all(any("both" in prompt for prompt in prompts) for prompts in told.values()):
            await asyncio.sleep(0)
    assert told == {
        "hers": ["Kept from him: approve $1?", "For both: approve $2?"],
        "his": ["For both: approve $2?"],
    }


@pytest.mark.parametrize("gone", [False, True])
async def test_a_send_that_is_over_is_not_cut_off_later(gone: bool) -> None:
    async def send(_: Any) -> None:
        if gone:
            raise OSError

    sends: dict[asyncio.Task[Any], Begun] = {}
    wire = _Wire(WebSocket({"type": "websocket"}, cast("Any", None), send), send, sends)
    with pytest.raises(WebSocketDisconnected) if gone else nullcontext():
        await wire.send_text("{}")
    assert sends == {}


class Stuck:
    """A WebSocket on which nothing goes out; the codes with which it was to be closed."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.closed: list[int] = []
        socket = WebSocket({"type": "websocket"}, cast("Any", None), self.send)
        socket.application_state = WebSocketState.CONNECTED
        self.sends: dict[asyncio.Task[Any], Begun] = {}
        self.wire = _Wire(socket, self.send, self.sends)

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            self.closed.append(message["code"])
        self.begun.set()
        if not self.closed:
            await asyncio.Event().wait()


async def test_a_send_that_is_cut_off_closes_the_socket_and_one_whose_operation_ends_does_not() -> None:
    stuck = Stuck()
    ended = asyncio.create_task(stuck.wire.send_text("{}"))
    await stuck.begun.wait()
    ended.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ended
    assert (stuck.closed, stuck.sends) == ([], {})
    stuck.begun.clear()
    slow = asyncio.create_task(stuck.wire.send_text("{}"))
    await stuck.begun.wait()
    stuck.wire.cut(slow)
    with pytest.raises(WebSocketDisconnected):
        await slow
    assert (stuck.closed, stuck.sends) == ([4413], {})


async def test_nothing_more_is_done_for_a_key_that_was_taken_back_however_slowly_its_socket_closes(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_module, "RECHECK_SECONDS", 0.01)
    key = await a_key(deps, Role.WORKFLOW)
    authenticator = Authenticator(deps)
    sockets, stuck = Sockets(make_schema(), deps.settings, commands, authenticator), Stuck()
    context = Context(commands=commands, caller=await authenticator.principal(f"Bearer {key}"))
    sockets._open[stuck.wire] = context
    await deps.keys.revoke(key_id_of(key))
    async with background(sockets.recheck), asyncio.timeout(10):
        await stuck.begun.wait()
    assert (stuck.closed[0], context.caller) == (4403, None)


@pytest.mark.parametrize(("waiting", "more"), [(2, False), (3, True)])
async def test_a_snapshot_says_whether_more_waits_than_it_shows(
    deps: Deps, monkeypatch: pytest.MonkeyPatch, waiting: int, more: bool
) -> None:
    monkeypatch.setattr(watch, "SNAPSHOT_ASSIGNMENTS", 2)
    await a_workspace(deps)
    await deps.tasks.insert_many([an_opening() for _ in range(waiting)])
    async with aclosing(watch.watch_inbox(deps, a_reviewer("anna"), None)) as inbox:
        snapshot = await anext(inbox)
    assert isinstance(snapshot, Snapshot)
    assert (len(snapshot.assignments), snapshot.has_more) == (2, more)
