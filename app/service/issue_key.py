"""An API key is made: the one moment at which its text is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from app.auth import NewKey, Role, new_key
from app.deps import Deps


async def issue_key(
    deps: Deps,
    *,
    workspace: str,
    name: str,
    roles: Sequence[Role],
    reviewer: str | None = None,
    groups: Sequence[str] = (),
    owner: str | None = None,
    expires_in: timedelta | None = None,
) -> NewKey:
    """A new key, stored as its hash, as `Keys.insert` has it. Names are the caller's to check. Raises Unavailable."""
    new = new_key(deps.settings.key_secret.get_secret_value())
    await deps.keys.insert(
        id=new.id,
        hash=new.hash,
        workspace=workspace,
        name=name,
        roles=roles,
        reviewer=reviewer,
        groups=groups,
        owner=owner,
        expires_in=expires_in,
    )
    return new
