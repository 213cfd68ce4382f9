"""GraphQL over HTTP (POST only: a GET never decides), and the door to the WebSocket.

Follows the GraphQL-over-HTTP specification: `application/graphql-response+json` where the client accepts it, with a
status that says how it went; else `application/json`, where any well-formed request is answered with 200.
"""

from __future__ import annotations

from typing import Any

import orjson
from graphql import GraphQLError
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from app.auth import Principal
from app.domain.errors import Refusal, Unauthenticated, Unavailable
from app.graphql.arguments import Unusual
from app.graphql.context import Context
from app.graphql.schema import SignoffSchema
from app.graphql.socket import Sockets
from app.service.authenticate import Authenticator
from app.service.commands import Commands
from app.settings import Settings

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
_HTTP_OPERATIONS = (OperationType.QUERY, OperationType.MUTATION)


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
        self.sockets = Sockets(schema, settings, commands, authenticator)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.sockets.serve(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        media_type = GRAPHQL_JSON if GRAPHQL_JSON in request.headers.get("accept", "") else JSON
        try:
            response = await self._answer(request, media_type)
        except ClientDisconnect:
            return
        except _BadRequest as error:
            response = _errors(error.status, media_type, {"message": str(error), "extensions": {"code": "BAD_REQUEST"}})
        except Refusal as error:
            response = _errors(_status(error), media_type, {"message": error.message, "extensions": error.extensions})
        await response(scope, receive, send)

    async def _answer(self, request: Request, media_type: str) -> Response:
        if request.method != "POST":
            raise _BadRequest(405, "Send GraphQL requests with POST.")
        caller = await self._caller(request.headers)
        query, variables, operation_name = await self._operation(request)
        context = Context(commands=self._commands, caller=caller)
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
            body = {"errors": [error.formatted for error in result.errors], **body}
        return Response(
            orjson.dumps(body), _result_status(result.errors, result.data, media_type), media_type=media_type
        )

    async def _short_way(
        self, context: Context, query: str, variables: dict[str, Any] | None, operation_name: str | None
    ) -> Any:
        """What the document's plan makes of it; None, with nothing done, where there is none, or none for this."""
        plan = self._schema.plans.get(query, operation_name)
        if plan is None:
            return None
        try:
            return await plan.run(context, variables or {})
        except Unusual:
            return None

    async def _caller(self, headers: Headers) -> Principal | None:
        """Whom the request's key stands for; None only where introspection needs no key, and none is given."""
        credential = headers.get("authorization")
        if credential is None and self._settings.introspection:
            return None
        return await self._authenticator.principal(credential)

    async def _operation(self, request: Request) -> tuple[str, dict[str, Any] | None, str | None]:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            raise _BadRequest(415, f"Send the request as {JSON}.")
        try:
            body = orjson.loads(await self._body(request))
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

    async def _body(self, request: Request) -> bytes:
        most = self._settings.max_body_bytes
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise _BadRequest(413, f"The body is larger than {most:,} bytes.")
        return bytes(body)


def _errors(status: int, media_type: str, *errors: dict[str, Any]) -> Response:
    headers = {"www-authenticate": "Bearer"} if status == 401 else {"allow": "POST"} if status == 405 else None
    return Response(orjson.dumps({"errors": errors}), status, headers, media_type)


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
