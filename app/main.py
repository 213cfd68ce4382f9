"""The API's process: its routes and what runs beside them. Start reading here.

A request goes graphql/view.py -> graphql/mutations.py -> service/ -> domain/ and store/; a subscriber is fed by feed/.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.deps import Deps, background, open_deps
from app.feed.waits import Waits
from app.graphql.schema import make_schema
from app.graphql.view import GraphQLView
from app.service.authenticate import Authenticator
from app.service.commands import Commands
from app.service.health import readiness
from app.settings import Settings
from app.web import routes as web_routes


def create_app(settings: Settings, waits: Waits) -> ASGIApp:
    """The ASGI application; it connects when it is started. Whoever stops it ends its long polls through `waits`."""
    view: GraphQLView
    deps: Deps

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        nonlocal view, deps
        async with open_deps(settings, wait=settings.start_seconds, waits=waits) as deps:
            commands = Commands(deps)
            authenticator = Authenticator(deps)
            view = GraphQLView(make_schema(), settings, commands, authenticator)
            async with background(
                deps.tail.follow,
                partial(deps.tail.listen, deps.redis),
                commands.announcer.run,
                authenticator.run,
                view.sockets.recheck,
                view.sockets.cut_slow,
            ):
                yield
                await commands.drain()

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        report = await readiness(deps)
        return JSONResponse(report.as_json, 200 if report.ready else 503)

    others = Starlette(
        routes=[
            Route("/healthz", healthz, methods=["GET"]),
            Route("/readyz", readyz, methods=["GET"]),
            *web_routes(),
        ],
        lifespan=lifespan,
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """The one busy path goes past the router, which costs as much as parsing the request's JSON."""
        if scope.get("path") == "/graphql":
            await view(scope, receive, send)
        else:
            await others(scope, receive, send)

    return _opened_to(settings, app)


def _opened_to(settings: Settings, app: ASGIApp) -> ASGIApp:
    """`app`, open to the pages of other origins where the settings allow some."""
    origins = [origin.strip() for origin in settings.allowed_origins.split(",") if origin.strip()]
    if not origins:
        return app
    headers = ["authorization", "content-type"]
    return CORSMiddleware(app, allow_origins=origins, allow_methods=["POST"], allow_headers=headers)
