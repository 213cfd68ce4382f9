"""API keys. Of a key only a keyed hash is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.store.database import Database, Row
from app.store.statements import statements

_SQL = statements("keys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What is kept of an API key. `groups` are those that its reviewer belongs to in the directory."""

    id: str
    workspace: str
    name: str
    hash: bytes
    roles: tuple[str, ...]
    reviewer: str | None
    groups: tuple[str, ...]
    owner: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class Keys:
    """The API keys in `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(
        self,
        *,
        id: str,
        workspace: str,
        name: str,
        hash: bytes,
        roles: Sequence[str],
        reviewer: str | None = None,
        groups: Sequence[str] = (),
        owner: str | None = None,
        expires_in: timedelta | None = None,
    ) -> None:
        """Stores a new key, and its workspace where there is none of that name yet. The directory learns of its
        reviewer, and that the reviewer belongs to `groups`."""
        await self._database.write(_SQL["insert_workspace"], workspace)
        await self._database.write(
            _SQL["insert_key"], id, workspace, name, hash, roles, reviewer, groups, owner, expires_in
        )

    async def get_many_valid(self, ids: Iterable[str]) -> dict[str, Key]:
        """Those of the keys with these ids that are neither revoked nor expired."""
        return {row["id"]: _key(row) for row in await self._database.fetch(_SQL["read_keys"], list(ids))}

    async def touch(self, ids: Iterable[str]) -> None:
        """Notes that these keys were used just now."""
        await self._database.write(_SQL["touch_keys"], list(ids))

    async def list_(self, workspace: str | None) -> list[Key]:
        """All keys of a workspace, or of all."""
        return [_key(row) for row in await self._database.fetch(_SQL["list_keys"], workspace)]

    async def revoke(self, id: str) -> bool:
        """Takes a key back; whether there is one with this id."""
        return bool(await self._database.write(_SQL["revoke_key"], id))


def _key(row: Row) -> Key:
    return Key(**{**row, "roles": tuple(row["roles"]), "groups": tuple(row["groups"])})
