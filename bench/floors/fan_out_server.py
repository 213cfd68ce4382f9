"""Bare Starlette: many WebSockets, and what is posted to /send goes to all of them.

usage: python -m bench.floors.fan_out_server PORT
"""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

_sockets: set[WebSocket] = set()


async def listen(socket: WebSocket) -> None:
    await socket.accept()
    _sockets.add(socket)
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        _sockets.discard(socket)


async def send(request: Request) -> Response:
    text = (await request.body()).decode()
    for socket in list(_sockets):
        await socket.send_text(text)
    return Response("sent")


if __name__ == "__main__":
    uvicorn.run(
        Starlette(routes=[WebSocketRoute("/", listen), Route("/send", send, methods=["POST"])]),
        port=int(sys.argv[1]),
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="warning",
        access_log=False,
    )
