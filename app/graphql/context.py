"""What a resolver knows of its request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import strawberry

from app.auth import Principal, bearer
from app.deps import Deps
from app.feed.delivery import AtOnce
from app.service.commands import Commands


@dataclass(slots=True)
class Context:
    """Who asks (`caller`; None for introspection without a key) and what answers.

    `at_once` takes what a subscription's resolver would yield, where its client keeps up; None where nothing does.
    """

    commands: Commands
    caller: Principal | None = None
    connection_params: dict[str, object] = field(default_factory=dict)
    at_once: AtOnce[Any] | None = None

    @property
    def deps(self) -> Deps:
        return self.commands.deps

    @property
    def principal(self) -> Principal:
        """Who asks. Raises Unauthenticated where nobody is known to."""
        if self.caller is None:
            bearer(None)
        assert self.caller is not None
        return self.caller


Info = strawberry.Info[Context, Any]
