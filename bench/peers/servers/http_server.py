"""The HTTP in front of a peer that is a library: POST /open and POST /answer, JSON in and out, under uvicorn.

Runs in a peer's own environment, so it imports nothing of Signoff.
"""

import json

import uvicorn


class Server:
    """`begin()` is awaited at the start; `open_(dict)` gives an id, `answer(id, dict)` a status; all are coroutines."""

    def __init__(self, begin, open_, answer):
        self.begin, self.open_, self.answer = begin, open_, answer

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            await self.begin()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        given = json.loads(body)
        if scope["path"] == "/open":
            answer = {"id": await self.open_(given)}
        else:
            answer = {"status": await self.answer(given.pop("taskId"), given)}
        out = json.dumps(answer, separators=(",", ":")).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(out)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": out})


def serve(port, begin, open_, answer):
    uvicorn.run(Server(begin, open_, answer), port=port, log_level="warning", access_log=False)
