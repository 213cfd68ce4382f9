"""GraphQL over HTTP (POST only: a GET never decides), and the door to the WebSocket.

Follows the GraphQL-over-HTTP specification: `application/graphql-response+json` where the client accepts it, with a
status that says how it went; else `application/json`, where any well-formed request is answered with 200.
"""

from __future__ import annotations

from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult as StrawberryResult
from strawberry.types.graphql import OperationType

from app.auth import Principal
from app.domain.errors import Refusal, Unauthenticated, Unavailable
from app.graphql.completing import Unplanned
from app.graphql.context import Context
from app.graphql.plans import Plans
from app.graphql.schema import CACHED_DOCUMENTS, LONGEST_CACHED, SignoffSchema
from app.graphql.socket import Sockets
from app.service.authenticate import Authenticator
from app.service.commands import Commands
from app.settings import Settings

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
_HTTP_OPERATIONS = (OperationType.QUERY, OperationType.MUTATION)


_MORE_HEADERS = {401: (b"www-authenticate", b"Bearer"), 405: (b"allow", b"POST")}


class _BadRequest(Exception):
    """The request is not one; `status` is HTTP's word for why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class GraphQLView:
    """The ASGI application behind /graphql."""

    def __init__(
        self, schema: SignoffSchema, settings: Settings, commands: Commands, authenticator: Authenticator
    ) -> None:
        self._schema = schema
        self._settings = settings
        self._commands = commands
        self._authenticator = authenticator
        self._plans = Plans(schema, most=CACHED_DOCUMENTS, longest=LONGEST_CACHED)
        self.sockets = Sockets(schema, settings, commands, authenticator)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.sockets.serve(WebSocket(scope, receive, send))
            return
        # The first of each name, as HTTP libraries have it.
        headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))
        media_type = GRAPHQL_JSON if GRAPHQL_JSON.encode() in headers.get(b"accept", b"") else JSON
        try:
            status, body = await self._answer(scope["method"], headers, receive, media_type)
        except ClientDisconnect:
            return
        except _BadRequest as error:
            status, body = error.status, _errors({"message": str(error), "extensions": {"code": "BAD_REQUEST"}})
        except Refusal as error:
            status, body = _status(error), _errors({"message": error.message, "extensions": error.extensions})
        await _send(send, status, media_type, body)

    async def _answer(
        self, method: str, headers: dict[bytes, bytes], receive: Receive, media_type: str
    ) -> tuple[int, bytes]:
        if method != "POST":
            raise _BadRequest(405, "Send GraphQL requests with POST.")
        caller = await self._caller(headers.get(b"authorization"))
        query, variables, operation_name = await self._operation(headers.get(b"content-type", b""), receive)
        context = Context(commands=self._commands, caller=caller)
        try:
            result = await self._execute(query, variables, operation_name, context)
        except CannotGetOperationTypeError as error:
            raise _BadRequest(400, error.as_http_error_reason()) from error
        except InvalidOperationTypeError as error:
            raise _BadRequest(400, "Subscriptions are served over WebSocket, graphql-transport-ws.") from error
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            body = {"errors": [error.formatted for error in result.errors], **body}
        return _result_status(result.errors, result.data, media_type), orjson.dumps(body)

    async def _execute(
        self, query: str, variables: dict[str, Any] | None, operation_name: str | None, context: Context
    ) -> ExecutionResult | StrawberryResult:
        """By the document's plan, where there is one for it and these variables; else the plain way."""
        plan = self._plans.find(query, operation_name)
        if plan is not None:
            try:
                arguments = plan.arguments(variables or {})
            except Unplanned:
                pass
            else:
                return await plan.run(context, arguments)
        result = await self._schema.execute(
            query,
            variable_values=variables,
            operation_name=operation_name,
            context_value=context,
            allowed_operation_types=_HTTP_OPERATIONS,
        )
        if not result.errors:
            self._plans.learn(query, operation_name)
        return result

    async def _caller(self, credential: bytes | None) -> Principal | None:
        """Whom the request's key stands for; None only where introspection needs no key, and none is given."""
        if credential is None and self._settings.introspection:
            return None
        return await self._authenticator.principal(credential.decode("latin-1") if credential else None)

    async def _operation(self, content_type: bytes, receive: Receive) -> tuple[str, dict[str, Any] | None, str | None]:
        if content_type.partition(b";")[0].strip().lower() != JSON.encode():
            raise _BadRequest(415, f"Send the request as {JSON}.")
        try:
            body = orjson.loads(await self._body(receive))
        except orjson.JSONDecodeError as error:
            raise _BadRequest(400, f"The body is not JSON: {error}") from error
        match body:
            case {"query": str(query), **more} if query.strip():
                variables, name = more.get("variables"), more.get("operationName")
                if isinstance(variables, dict | None) and isinstance(name, str | None):
                    return query, variables, name
        raise _BadRequest(
            400, "The body is to be {query: text, variables: object or null, operationName: text or null}."
        )

    async def _body(self, receive: Receive) -> bytes:
        most = self._settings.max_body_bytes
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > most:
                raise _BadRequest(413, f"The body is larger than {most:,} bytes.")
        return bytes(body)


async def _send(send: Send, status: int, media_type: str, body: bytes) -> None:
    headers = [(b"content-type", media_type.encode()), (b"content-length", b"%d" % len(body))]
    if status in _MORE_HEADERS:
        headers.append(_MORE_HEADERS[status])
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _errors(*errors: dict[str, Any]) -> bytes:
    return orjson.dumps({"errors": errors})


def _status(error: Refusal) -> int:
    match error:
        case Unauthenticated():
            return 401
        case Unavailable():
            return 503
    return 400


def _result_status(errors: list[GraphQLError] | None, data: object, media_type: str) -> int:
    if not errors or data is not None:
        return 200
    if any(isinstance(error.original_error, Unauthenticated) for error in errors):
        return 401
    if media_type == JSON:
        return 200
    if any(isinstance(error.original_error, Unavailable) for error in errors):
        return 503
    # A path: it was run, and a null climbed to the top. None: it was never run.
    return 200 if all(error.path for error in errors) else 400
