"""From a credential to a principal, with a short memory, so that not every request asks the database.

A key that is revoked or has expired is refused within 2 seconds, and its open sockets are closed within 7; so are those
of a key whose reviewer belongs to other groups now, to come back with the new rights.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import structlog

from app.auth import Principal, Role, bearer, key_hash, key_id_of, unknown_key
from app.deps import Deps
from app.domain.errors import Unavailable
from app.store.keys import Key

MEMORY_SECONDS = 2.0
MOST_REMEMBERED = 10_000
TOUCH_SECONDS = 10.0

_log = structlog.get_logger()


@dataclass(slots=True)
class _Remembered:
    key: Key
    principal: Principal
    until: float
    text: bytes = b""  # what was shown and found to be right: compared, it need not be hashed again


class Authenticator:
    """Knows the keys of one process's callers. `run` is to run beside it, to note when keys were used."""

    def __init__(self, deps: Deps) -> None:
        self._keys = deps.keys
        self._secret = deps.settings.key_secret.get_secret_value()
        self._remembered: dict[str, _Remembered] = {}
        self._reading: dict[str, asyncio.Task[_Remembered]] = {}
        self._used: set[str] = set()

    async def principal(self, credential: str | None) -> Principal:
        """Whom `Bearer KEY` stands for. Raises Unauthenticated, Unavailable."""
        text = bearer(credential)
        key_id = key_id_of(text)
        known = self._remembered.get(key_id)
        now = asyncio.get_running_loop().time()
        if known is None or known.until < now or _expired(known.key):
            known = await self._read_once(key_id, now)
        shown = text.encode()
        if not hmac.compare_digest(known.text, shown):
            if not hmac.compare_digest(known.key.hash, key_hash(text, self._secret)):
                raise unknown_key()
            known.text = shown
        self._used.add(key_id)
        return known.principal

    async def current(self, key_ids: Iterable[str]) -> dict[str, Principal]:
        """Whom these keys stand for now; left out are those revoked or expired. Raises Unavailable.

        What is remembered of them is forgotten: whoever comes back is let in with the rights of now.
        """
        wanted = list(key_ids)
        valid = await self._keys.get_many_valid(wanted)
        for key_id in wanted:
            self._remembered.pop(key_id, None)
        return {key_id: _principal(key) for key_id, key in valid.items()}

    async def _read_once(self, key_id: str, now: float) -> _Remembered:
        """What the database says of a key, asked once for all who want to know at this moment."""
        reading = self._reading.get(key_id)
        if reading is None:
            reading = self._reading[key_id] = asyncio.create_task(self._read(key_id, now))
            reading.add_done_callback(partial(self._was_read, key_id))
        return await asyncio.shield(reading)  # a caller that goes away leaves it to the others

    def _was_read(self, key_id: str, reading: asyncio.Task[_Remembered]) -> None:
        del self._reading[key_id]
        if not reading.cancelled():
            reading.exception()  # retrieved, or asyncio would warn where all callers have gone

    async def _read(self, key_id: str, now: float) -> _Remembered:
        key = (await self._keys.get_many_valid([key_id])).get(key_id)
        if key is None:
            self._remembered.pop(key_id, None)
            raise unknown_key()
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        known = self._remembered[key_id] = _Remembered(key, _principal(key), now + MEMORY_SECONDS)
        return known

    async def run(self) -> None:
        """Notes every 10 seconds which keys were used, for ever."""
        while True:
            await asyncio.sleep(TOUCH_SECONDS)
            used, self._used = self._used, set()
            try:
                if used:
                    await self._keys.touch(used)
            except Unavailable as error:
                _log.warning("keys_not_touched", error=error.message)


def _expired(key: Key) -> bool:
    return key.expires_at is not None and key.expires_at <= datetime.now(UTC)


def _principal(key: Key) -> Principal:
    return Principal(
        key_id=key.id,
        workspace=key.workspace,
        name=key.name,
        roles=frozenset(map(Role, key.roles)),
        reviewer=key.reviewer,
        groups=key.groups,
        owner=key.owner,
    )
