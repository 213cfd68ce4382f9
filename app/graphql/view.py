"""GraphQL over HTTP (POST only: a GET never decides), and the door to the WebSocket.

Follows the GraphQL-over-HTTP specification: `application/graphql-response+json` where the client accepts it, with a
status that says how it went; else `application/json`, where any well-formed request is answered with 200.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.types import Message, Receive, Scope, Send
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from app.auth import Principal
from app.domain.errors import Refusal, Unauthenticated, Unavailable
from app.graphql.arguments import Unusual
from app.graphql.context import Context
from app.graphql.errors import internal
from app.graphql.schema import SignoffSchema
from app.graphql.socket import Sockets
from app.service.authenticate import Authenticator
from app.service.commands import Commands
from app.settings import Settings

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
Headers = dict[bytes, bytes]
_HTTP_OPERATIONS = (OperationType.QUERY, OperationType.MUTATION)


class _BadRequest(Exception):
    """The request is not one; `status` is HTTP's word for why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Gone(Exception):
    """The client has gone before its request was whole."""


class GraphQLView:
    """The ASGI application behind /graphql."""

    def __init__(
        self, schema: SignoffSchema, settings: Settings, commands: Commands, authenticator: Authenticator
    ) -> None:
        self._schema = schema
        self._settings = settings
        self._commands = commands
        self._authenticator = authenticator
        self.sockets = Sockets(schema, settings, commands, authenticator)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.sockets.serve(scope, receive, send)
            return
        headers = dict(scope["headers"])  # a header that comes twice counts as it came last
        media_type = _media_type(headers.get(b"accept", b"").decode("latin-1").lower())
        try:
            status, body = await self._answer(scope["method"], headers, receive, media_type)
        except _Gone:
            return
        except _BadRequest as error:
            status = error.status
            body = _errors({"message": str(error), "extensions": {"code": "BAD_REQUEST"}})
        except Refusal as error:
            status = _status(error)
            body = _errors({"message": error.message, "extensions": error.extensions})
        except Exception as error:
            status = 500
            body = _errors(internal(error).formatted)
        for message in _response(status, media_type, body):
            await send(message)

    async def _answer(self, method: str, headers: Headers, receive: Receive, media_type: str) -> tuple[int, bytes]:
        if method != "POST":
            raise _BadRequest(405, "Send GraphQL requests with POST.")
        caller = await self._caller(headers)
        query, variables, operation_name = await self._operation(headers, receive)
        context = Context(commands=self._commands, caller=caller, ask_again=partial(self._caller, headers))
        try:
            result = await self._short_way(context, query, variables, operation_name)
            if result is None:
                result = await self._schema.execute(
                    query,
                    variable_values=variables,
                    operation_name=operation_name,
                    context_value=context,
                    allowed_operation_types=_HTTP_OPERATIONS,
                )
        except CannotGetOperationTypeError as error:
            raise _BadRequest(400, error.as_http_error_reason()) from error
        except InvalidOperationTypeError as error:
            raise _BadRequest(400, "Subscriptions are served over WebSocket, graphql-transport-ws.") from error
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            told = {"errors": [error.formatted for error in result.errors]}
            body = told if _never_run(result.errors, result.data) else {**told, **body}
        return _result_status(result.errors, result.data, media_type), orjson.dumps(body)

    async def _short_way(
        self, context: Context, query: str, variables: dict[str, Any] | None, operation_name: str | None
    ) -> Any:
        """What the document's plan makes of it; None, with nothing done, where there is none, or none for this."""
        plan = self._schema.plans.get(query, operation_name)
        if plan is None or plan.subscribes:
            return None
        try:
            return await plan.run(context, variables or {})
        except Unusual:
            return None

    async def _caller(self, headers: Headers) -> Principal | None:
        """Whom the request's key stands for; None only where introspection needs no key, and none is given."""
        credential = headers.get(b"authorization")
        if credential is None and self._settings.introspection:
            return None
        return await self._authenticator.principal(credential.decode("latin-1") if credential else None)

    async def _operation(self, headers: Headers, receive: Receive) -> tuple[str, dict[str, Any] | None, str | None]:
        if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != JSON.encode():
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
            400, "The body must be {query: text, variables: object or null, operationName: text or null}."
        )

    async def _body(self, receive: Receive) -> bytes:
        most = self._settings.max_body_bytes
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            part = message.get("body", b"")
            size += len(part)
            if size > most:
                raise _BadRequest(413, f"The body is larger than {most:,} bytes.")
            parts.append(part)
            if not message.get("more_body"):
                return b"".join(parts)


def _media_type(accept: str) -> str:
    """Which of the two types a client would rather have (RFC 9110, 12.5.1); JSON, where it does not name the other."""
    if GRAPHQL_JSON not in accept:  # nearly always
        return JSON
    liked: dict[str, float] = {}
    for named in accept.split(","):
        name, *parameters = (part.strip() for part in named.split(";"))
        weight = next((p.removeprefix("q=") for p in parameters if p.startswith("q=")), "1")
        with suppress(ValueError):
            liked[name] = float(weight)
    wanted = liked.get(GRAPHQL_JSON, 0)
    return GRAPHQL_JSON if wanted > 0 and wanted >= liked.get(JSON, 0) else JSON


def _response(status: int, media_type: str, body: bytes) -> tuple[Message, Message]:
    headers = [(b"content-length", str(len(body)).encode()), (b"content-type", media_type.encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    elif status == 405:
        headers.append((b"allow", b"POST"))
    start = {"type": "http.response.start", "status": status, "headers": headers}
    return start, {"type": "http.response.body", "body": body}


def _errors(*errors: Mapping[str, Any]) -> bytes:
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
    return 400 if _never_run(errors, data) else 200


def _never_run(errors: list[GraphQLError], data: object) -> bool:
    """Whether the document was refused before it was run: else each error has a path, and a null climbed to the top."""
    return data is None and not all(error.path for error in errors)
