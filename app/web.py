"""The pages for reviewers, analysts and operators, at `/`: what web/build.py made, and how browsers may use it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

BUNDLE = Path(__file__).parent / "web_dist"

# Scripts, styles and data from this host alone; nothing inline, nothing framed, and no text ever taken for a script.
_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_FRESH = {"cache-control": "no-cache"}  # asked for each time, answered with 304 where it is the same
_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}  # its name holds a hash of what is in it

_NOT_BUILT = """Signoff's API is up at /graphql. Its pages are not built.

In a checkout:      ./run web
With pip:           pip install --force-reinstall --no-deps .   (in a checkout; needs the npm registry)

Then load this page again; the service need not be started anew.
"""


def routes(bundle: Path = BUNDLE) -> list[BaseRoute]:
    """The routes of the pages. The bundle is looked for at each request: it may be built while the service runs."""

    async def page(_: Request) -> Response:
        index = bundle / "index.html"
        if not index.exists():
            return PlainTextResponse(_NOT_BUILT, 503, {**_HEADERS, **_FRESH})
        return FileResponse(index, headers={**_HEADERS, **_FRESH})

    async def icon(_: Request) -> Response:
        file = bundle / "icon.svg"
        if not file.exists():
            return Response(status_code=404, headers=_HEADERS)
        return FileResponse(file, headers={**_HEADERS, **_FRESH})

    return [
        Route("/", page, methods=["GET"]),
        Route("/icon.svg", icon, methods=["GET"]),
        Mount("/assets", _Files({**_HEADERS, **_FOR_EVER}, bundle / "assets"), name="assets"),
    ]


class _Files(StaticFiles):
    """The files of a folder that need not be there yet, with `headers`."""

    def __init__(self, headers: Mapping[str, str], folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)
        self._headers = headers

    async def check_config(self) -> None:
        """The folder may come later; a file that is not there is a 404 whether or not its folder is."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(self._headers)
        return response
