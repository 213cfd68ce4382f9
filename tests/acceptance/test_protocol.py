"""The WebSocket: what it says to a client that does not keep to graphql-transport-ws, or does not keep up."""

from __future__ import annotations

import asyncio
import json

import pytest
from gql import Client as GqlClient
from gql import gql
from gql.transport.websockets import WebsocketsTransport
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.acceptance.client import EVENTS
from tests.acceptance.conftest import Workspace, workspace_of
from tests.acceptance.running import Running
from tests.conftest import Servers

pytestmark = pytest.mark.anyio

TIMES = {200_000: "context", 5_000: " ".join(f"c{n}: context" for n in range(12))}
BROKEN = [
    "not json",
    "[]",
    "1",
    "{}",
    '{"type": "nonsense"}',
    '{"type": "subscribe", "id": "1"}',
    '{"type": "subscribe", "id": 1, "payload": {"query": "{ viewer { id } }"}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": 5}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{ viewer { id } }", "variables": []}}',
    '{"type": "complete"}',
    '{"type": "ping", "payload": 3}',
]


async def _closed(socket: ClientConnection) -> int:
    """The code that the server closes with, whatever it says before."""
    try:
        while True:
            await asyncio.wait_for(socket.recv(), 10)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006


@pytest.mark.parametrize("frame", BROKEN)
async def test_a_malformed_message_closes_with_4400(workspace: Workspace, frame: str) -> None:
    async with (await workspace.workflow()).socket() as socket:
        await socket.send(frame)
        assert await _closed(socket) == 4400


async def test_a_binary_message_closes_with_4400(workspace: Workspace) -> None:
    async with (await workspace.workflow()).socket() as socket:
        await socket.send(b"\x00")
        assert await _closed(socket) == 4400


async def test_what_comes_before_or_twice_closes_as_the_protocol_says(workspace: Workspace) -> None:
    subscribe = json.dumps({"type": "subscribe", "id": "1", "payload": {"query": EVENTS}})
    async with connect(workspace.service.ws, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
        await socket.send(subscribe)
        assert await _closed(socket) == 4401
    async with (await workspace.workflow()).socket() as socket:
        await socket.send('{"type": "connection_init"}')
        assert await _closed(socket) == 4429
    async with (await workspace.workflow()).socket() as socket:
        await socket.send(subscribe)
        await socket.send(subscribe)
        assert await _closed(socket) == 4409
    async with connect(workspace.service.ws, subprotocols=["graphql-ws"]) as socket:  # type: ignore[list-item]
        assert await _closed(socket) == 4406


async def test_a_client_that_never_presents_a_key_is_closed(servers: Servers, workspace: Workspace) -> None:
    settings = workspace.service.settings
    with Running(settings, workers=0, SIGNOFF_CONNECTION_INIT_SECONDS="0.3") as service:
        async with connect(service.ws, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
            assert await _closed(socket) == 4408


async def test_ping_is_answered_and_operations_are_bounded(workspace: Workspace) -> None:
    async with (await workspace.workflow()).socket() as socket:
        await socket.send('{"type": "ping"}')
        assert json.loads(await socket.recv()) == {"type": "pong"}
        for n in range(101):
            await socket.send(json.dumps({"type": "subscribe", "id": str(n), "payload": {"query": EVENTS}}))
        refused = json.loads(await asyncio.wait_for(socket.recv(), 10))
        assert (refused["type"], refused["id"]) == ("error", "100")
        assert refused["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("{ nothing }", "Cannot query field 'nothing' on type 'Query'."),
        ("subscription { taskEvents { type }", "Syntax Error: Expected Name, found <EOF>."),
        ("mutation { cancelTask(id: 1) { __typename }", "Syntax Error: Expected Name, found <EOF>."),
        ("{", "Syntax Error: Expected Name, found <EOF>."),
        ("# nothing", "Syntax Error: Unexpected <EOF>."),
        ("", "Syntax Error: Unexpected <EOF>."),
        (" ", "Syntax Error: Unexpected <EOF>."),
        (
            "query A { viewer { id } } query B { viewer { id } }",
            "Must provide operation name if query contains multiple operations.",
        ),
        ("fragment v on Viewer { id }", "Can't get GraphQL operation type"),
    ],
)
async def test_an_error_in_the_document_is_told_and_the_socket_lives(
    workspace: Workspace, query: str, said: str
) -> None:
    async with (await workspace.workflow()).socket() as socket:
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": query}}))
        told = json.loads(await socket.recv())
        assert (told["type"], [error["message"] for error in told["payload"]]) == ("error", [said])
        unknown = {"query": "query A { viewer { id } }", "operationName": "B"}
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": unknown}))
        told = json.loads(await socket.recv())
        assert (told["type"], told["payload"]) == ("error", [{"message": 'Unknown operation named "B".'}])
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": "{ viewer { id } }"}}))
        assert json.loads(await socket.recv())["payload"]["data"] == {"viewer": {"id": "workflow"}}


async def test_a_slow_subscriber_misses_nothing(workspace: Workspace) -> None:
    """It reads nothing while far more happens than its queue and the sockets' buffers hold."""
    admin, workflow = await workspace.admin(), await workspace.workflow()
    async with admin.stream(EVENTS, after=await admin.cursor()) as events:
        for _ in range(8):
            await asyncio.gather(*(workflow.opened() for _ in range(50)))
        seen = [await events.next() for _ in range(800)]
        events.cut()
    assert [e["cursor"] for e in seen] == [e["cursor"] for e in await admin.events()]


async def test_one_that_stops_reading_now_and_then_misses_nothing(workspace: Workspace) -> None:
    """More than the buffers on the way hold, of messages that are written at once while there is room."""
    admin, workflow = await workspace.admin(), await workspace.workflow()
    query = """subscription($after: Cursor) {
        taskEvents(filter: {types: [OPENED]}, after: $after) { cursor type task { context } } }"""
    async with admin.stream(query, after=await admin.cursor()) as events:
        seen = []
        for _ in range(2):
            events.pause()
            for _ in range(10):
                await asyncio.gather(*(workflow.opened(context={"text": "x" * 30_000}) for _ in range(30)))
            events.resume()
            seen += [(await events.next())["cursor"] for _ in range(300)]
    assert seen == [e["cursor"] for e in await admin.events({"types": ["OPENED"]})]


@pytest.mark.parametrize("size", [200_000, 5_000])
async def test_a_subscriber_that_takes_nothing_is_cut_off_with_4413_and_resumes(servers: Servers, size: int) -> None:
    """Of large messages, and of such as are written at once while there is room."""
    with Running(servers.settings(servers.new_database()), SIGNOFF_SEND_SECONDS="1") as service:
        async for workspace in workspace_of(service):
            admin, workflow = await workspace.admin(), await workspace.workflow()
            big = {"text": "x" * size}
            query = f"subscription {{ taskEvents {{ cursor type task {{ {TIMES[size]} }} }} }}"
            async with admin.socket() as socket:
                await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": query}}))
                await socket.send('{"type": "ping"}')
                await socket.recv()  # the pong: the subscription before it has been taken
                socket.transport.pause_reading()
                for _ in range(100):
                    await workflow.opened(context=big)
                await asyncio.sleep(2)  # longer than the service waits for a client
                socket.transport.resume_reading()
                assert await _closed(socket) == 4413
            assert len(await admin.events()) == 200


async def test_an_independent_client_is_served(workspace: Workspace) -> None:
    """gql's WebSocket client, written by others."""
    reviewer, workflow = await workspace.reviewer("anna"), await workspace.workflow()
    transport = WebsocketsTransport(
        url=workspace.service.ws,
        init_payload={"authorization": f"Bearer {reviewer.key}"},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    async with GqlClient(transport=transport, fetch_schema_from_transport=False) as session:
        messages = session.subscribe(
            gql("subscription { assignments { __typename ... on TaskAssigned { assignment { task { id } } } } }")
        )
        assert (await anext(messages))["assignments"]["__typename"] == "AssignmentSnapshot"
        task = await workflow.opened()
        assert (await anext(messages))["assignments"]["assignment"]["task"]["id"] == task["id"]
        await messages.aclose()
