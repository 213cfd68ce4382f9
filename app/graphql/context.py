"""What a resolver knows of its request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import strawberry

from app.auth import Principal, no_key
from app.deps import Deps
from app.feed.delivery import AtOnce
from app.graphql.loaders import Loaders
from app.service.commands import Commands


@dataclass(slots=True)
class Context:
    """Who asks (`caller`; None for introspection without a key) and what answers.

    `ask_again` tells who asks as of now; a WebSocket has `caller` kept up to date instead.
    `at_once` takes what a subscription's resolver would yield, where its client keeps up; None where nothing does.
    """

    commands: Commands
    caller: Principal | None = None
    connection_params: dict[str, object] = field(default_factory=dict)
    at_once: AtOnce[Any] | None = None
    ask_again: Callable[[], Awaitable[Principal | None]] | None = None
    _loaders: Loaders | None = None

    @property
    def deps(self) -> Deps:
        return self.commands.deps

    @property
    def loaders(self) -> Loaders:
        if self._loaders is None:
            self._loaders = Loaders(self.deps)
        return self._loaders

    @property
    def principal(self) -> Principal:
        """Who asks. Raises Unauthenticated where nobody is known to."""
        if self.caller is None:
            raise no_key()
        return self.caller

    async def principal_now(self) -> Principal:
        """Who asks, by what holds now: for answers that were long in coming. Raises Unauthenticated, Unavailable."""
        if self.ask_again:
            self.caller = await self.ask_again()
        return self.principal


Info = strawberry.Info[Context, Any]
