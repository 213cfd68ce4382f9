"""GraphQL over WebSocket: the graphql-transport-ws protocol, Strawberry's handler with what it leaves open closed.

Close codes beyond the protocol's own (4400 malformed, 4401 no connection_init, 4403 forbidden, 4406 subprotocol, 4408
init timeout, 4409 id in use, 4429 init twice):

- 1011 something is broken here, and has been logged;
- 1012 the process stops: come back with the last cursor;
- 4403 also later, within 7 seconds of the key being revoked or expiring;
- 4412 the caller's groups have changed; come back with the last cursor, which then gives a new snapshot;
- 4413 the client took no message for so long that it is cut off; resume with the last cursor;
- 4503 the service cannot check the key now; try again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import orjson
import structlog
from graphql import GraphQLError, located_error
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.async_base_view import AsyncWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)

from app.domain.errors import Unauthenticated, Unavailable
from app.feed.delivery import AtOnce
from app.frames import FRAMES, WriteFrames, text_frame
from app.graphql.context import Context
from app.graphql.errors import internal, masked
from app.graphql.schema import SignoffSchema
from app.service.authenticate import Authenticator
from app.service.commands import Commands
from app.settings import Settings

INTERNAL = 1011
FORBIDDEN = 4403
RIGHTS_CHANGED = 4412
TOO_SLOW = 4413
UNAVAILABLE = 4503
RECHECK_SECONDS = 5.0
SLOW_LOOK_SECONDS = 1.0
CLOSE_SECONDS = 120.0  # the close frame stands in line behind what a slow client has yet to take (see app/serve.py)

_log = structlog.get_logger()


Begun = tuple[float, "_Wire"]
"""Since when, on the loop's clock, a message is being sent, and over what."""


class _Wire(AsyncWebSocketAdapter):
    """JSON messages over one WebSocket; a send that the client does not take in time closes it, by `Sockets.cut_slow`,
    which looks at `sends`: a timer for each message would cost a tenth of sending it."""

    def __init__(self, socket: WebSocket, send: Send, sends: dict[asyncio.Task[Any], Begun]) -> None:
        self._socket = socket
        self._send = send
        self.write_frames: WriteFrames | None = socket.scope.get("extensions", {}).get(FRAMES, {}).get("write")
        self._sends = sends
        self._too_slow = False

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:  # noqa: ARG002
        with suppress(WebSocketDisconnect):
            while self._socket.application_state != WebSocketState.DISCONNECTED:
                message = await self._socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                text = message.get("text")
                if text is None:
                    raise NonTextMessageReceived
                try:
                    yield orjson.loads(text)
                except orjson.JSONDecodeError as error:
                    raise NonJsonMessageReceived from error

    async def send_json(self, message: Mapping[str, object]) -> None:
        await self.send_text(orjson.dumps(message).decode())

    async def send_text(self, text: str) -> None:
        """Sends JSON that is text already."""
        task = asyncio.current_task()
        assert task
        self._sends[task] = (asyncio.get_running_loop().time(), self)
        try:
            # Past Starlette, which would look at what we send as closely as if we did not know its types.
            await self._send({"type": "websocket.send", "text": text})
        except asyncio.CancelledError as error:
            if not self._too_slow:
                raise
            task.uncancel()
            await self.close(TOO_SLOW, "Too slow: resume with the last cursor")
            raise WebSocketDisconnected from error
        except (OSError, RuntimeError) as error:  # gone, or closed by us
            raise WebSocketDisconnected from error
        finally:
            self._sends.pop(task, None)

    def cut(self, task: asyncio.Task[Any]) -> None:
        """Ends a send that takes too long, and so closes the socket."""
        self._too_slow = True
        del self._sends[task]
        task.cancel()

    async def close(self, code: int, reason: str) -> None:
        # The peer may be gone, take nothing, or be closed already. A reason has at most 123 bytes.
        with suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._socket.close(code, reason.encode()[:123].decode(errors="ignore"))


class _Connection(BaseGraphQLTransportWSHandler[Context, None]):
    """One client's connection. A malformed message ends it with 4400, never with a traceback."""

    async def handle_message(self, message: Message) -> None:
        if not _well_formed(message):
            await self.handle_invalid_message("Not a message of graphql-transport-ws")
            return
        await super().handle_message(message)

    async def handle_task_exception(self, error: Exception) -> None:
        # A client that goes away while it is sent something is no fault.
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        # The protocol allows `payload: null`; Strawberry does not.
        payload = message.get("payload") or {}
        try:
            await super().handle_connection_init({"type": "connection_init", "payload": payload})
        except Unavailable as error:
            await self.websocket.close(UNAVAILABLE, error.message)
        except WebSocketDisconnected:
            raise
        except Exception as error:
            await self.websocket.close(INTERNAL, internal(error).message)

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:  # noqa: ARG004 -- whatever it is
        """None: what is wrong with one operation ends none of the others on its connection."""
        return None

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        operation.query = operation.query or " "  # a syntax error; an empty one Strawberry takes for a fault of ours
        if not await self._short_way(operation):
            await super().run_operation(operation)

    async def _short_way(self, operation: Operation[Context, None]) -> bool:
        """A subscription by its document's plan; False, with nothing sent, where it must go the long way.

        So must one that is refused: it is refused again, in the library's words.
        """
        schema, wire = cast("SignoffSchema", self.schema), cast("_Wire", self.websocket)
        plan = schema.plans.get(operation.query, operation.operation_name)
        if plan is None or not plan.subscribes:
            return False
        begin = b'{"id":%b,"type":"next","payload":' % orjson.dumps(operation.id)
        sent = False

        def write(texts: Sequence[bytes]) -> bool:
            nonlocal sent
            frames = b"".join([text_frame(begin, each, b"}") for each in texts])
            written = wire.write_frames is not None and wire.write_frames(frames)
            sent = sent or written
            return written

        context = replace(self.context, at_once=AtOnce((plan,), plan.text, write))
        try:
            async with aclosing(plan.subscribe(context, operation.variables or {})) as results:
                async for result in results:
                    sent = True
                    await wire.send_text((begin + plan.text(result) + b"}").decode())
        except WebSocketDisconnected:
            self.operations.pop(operation.id, None)
            return True
        except Exception as error:
            if not sent:
                return False
            # The stream is over, and its client is told why; it resumes with the last cursor.
            failed = masked(located_error(error, plan.nodes, [plan.key]))
            await operation.send_operation_message({"id": operation.id, "type": "error", "payload": [failed.formatted]})
            return True
        await operation.send_operation_message({"id": operation.id, "type": "complete"})
        return True

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        if self.connection_acknowledged and len(self.operations) >= (self.max_subscriptions_per_connection or 0):
            limit = self.max_subscriptions_per_connection
            error = GraphQLError(
                f"At most {limit} operations at once on one connection.", extensions={"code": "TOO_MANY_OPERATIONS"}
            )
            await self.send_message({"id": message["id"], "type": "error", "payload": [error.formatted]})
            return
        await super().handle_subscribe(message)


class Sockets:
    """The WebSockets of one process. `recheck` and `cut_slow` are to run beside it."""

    def __init__(
        self, schema: SignoffSchema, settings: Settings, commands: Commands, authenticator: Authenticator
    ) -> None:
        self._schema = schema
        self._settings = settings
        self._commands = commands
        self._authenticator = authenticator
        self._open: dict[_Wire, Context] = {}
        self._sends: dict[asyncio.Task[Any], Begun] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one client until it, or we, close."""
        socket = WebSocket(scope, receive, send)
        spoken = GRAPHQL_TRANSPORT_WS_PROTOCOL in socket.scope["subprotocols"]
        await socket.accept(GRAPHQL_TRANSPORT_WS_PROTOCOL if spoken else None)
        wire = _Wire(socket, send, self._sends)
        if not spoken:
            await wire.close(4406, f"Speak {GRAPHQL_TRANSPORT_WS_PROTOCOL}")
            return
        context = Context(commands=self._commands)
        self._open[wire] = context
        try:
            await _Connection(
                view=cast("Any", _Door(self._authenticator, socket.headers.get("authorization"))),
                websocket=wire,
                context=context,
                root_value=None,
                schema=self._schema,
                connection_init_wait_timeout=timedelta(seconds=self._settings.connection_init_seconds),
                max_subscriptions_per_connection=self._settings.max_operations,
            ).handle()
        finally:
            del self._open[wire]

    async def cut_slow(self) -> None:
        """Cuts off clients that take nothing for too long, looking each second, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SLOW_LOOK_SECONDS)
            before = loop.time() - self._settings.send_seconds
            # Those that are under way alone: of ten thousand sockets hardly any.
            for task, (since, wire) in list(self._sends.items()):
                if since < before:
                    wire.cut(task)

    async def recheck(self) -> None:
        """Closes the connections whose key is no longer valid or stands for other rights now, every 5 seconds, for
        ever; one query for all."""
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            ids = {c.caller.key_id for c in self._open.values() if c.caller}
            try:
                current = await self._authenticator.current(ids) if ids else {}
            except Unavailable as error:
                _log.warning("keys_not_rechecked", error=error.message)
                continue
            for wire, context in self._open.items():
                caller = context.caller
                if caller is None or caller.key_id not in ids or current.get(caller.key_id) == caller:
                    continue
                context.caller = None  # whatever becomes of the socket, nothing more is done for it
                if caller.key_id in current:
                    self._close(wire, RIGHTS_CHANGED, "Your groups have changed: come back with the last cursor")
                else:
                    self._close(wire, FORBIDDEN, "This API key is no longer valid")

    def _close(self, wire: _Wire, code: int, why: str) -> None:
        """Closes without waiting: one client that takes nothing must not keep others open."""
        closing = asyncio.create_task(wire.close(code, why))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


class _Door:
    """Lets a connection in: what Strawberry's handler asks of its view."""

    def __init__(self, authenticator: Authenticator, header: str | None) -> None:
        self._authenticator = authenticator
        self._header = header

    async def on_ws_connect(self, context: Context) -> dict[str, object]:
        """By the key in connection_init, or in the upgrade's header. Raises ConnectionRejectionError, Unavailable."""
        sent = {name.lower(): value for name, value in context.connection_params.items()}
        given = sent.get("authorization", self._header)
        try:
            context.caller = await self._authenticator.principal(given if isinstance(given, str) else None)
        except Unauthenticated as error:
            raise ConnectionRejectionError from error
        return {"workspace": context.caller.workspace}


def _well_formed(message: object) -> bool:
    """Whether `message` has the parts that its type must have, of the right kinds."""
    match message:
        case {"type": "subscribe", "id": str(), "payload": {"query": str(), **more}}:
            variables, name = more.get("variables"), more.get("operationName")
            return isinstance(variables, dict | None) and isinstance(name, str | None)
        case {"type": "complete", "id": str()}:
            return True
        case {"type": "connection_init" | "ping" | "pong", **rest}:
            return isinstance(rest.get("payload"), dict | None)
    return False
