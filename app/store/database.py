"""The connection to PostgreSQL: a pool, JSON codecs, a limit on every wait, and errors told apart.

Statements run on asyncpg's own connections, which saves the SQL parsing of `databases`; there are no transactions here:
every write is one statement (docs/decisions/0002).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import databases
import orjson
import structlog

from app.domain.errors import Unavailable

CONNECT_SECONDS = 5.0
CONNECT_PAUSE = 0.05
LEAST_SECONDS = 0.05  # that a statement has, however long it waited for its turn
WRITE_ATTEMPTS = 5

SESSION = {
    "application_name": "signoff",
    "timezone": "UTC",
    # Every statement has an index to go by, and its plan is kept: one made while a table was small must not read the
    # whole table when it no longer is.
    "enable_seqscan": "off",
    "jit": "off",  # compiling takes longer than anything here
    "work_mem": "16MB",  # the ids of a month's tasks, of which figures are made; nothing else takes as much
}

_log = structlog.get_logger()

Row = asyncpg.Record
if TYPE_CHECKING:  # generic for type checkers only
    Connection = asyncpg.pool.PoolConnectionProxy[Row]


class Database:
    """A pool of connections to the database at `url`; `seconds` bounds each statement and the wait for its turn."""

    def __init__(self, url: str, *, connections: int = 10, seconds: float = 10.0) -> None:
        self._seconds = seconds
        self._kept: list[Connection] = []
        self._waiting = 0  # for a connection of the pool's
        self._leaving: set[asyncio.Task[None]] = set()
        self._databases = databases.Database(
            url,
            min_size=1,
            max_size=connections,
            timeout=CONNECT_SECONDS,
            command_timeout=seconds,
            init=_prepare,
            reset=_leave_as_it_is,
            server_settings=SESSION,
        )

    async def connect(self, *, wait: float = 0.0) -> None:
        """Connects; a database that is not there yet is waited for so many seconds. Raises Unavailable."""
        loop = asyncio.get_running_loop()
        until = loop.time() + wait
        while True:
            try:
                await self._databases.connect()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if loop.time() > until:
                    raise Unavailable(f"No database to connect to: {error}") from error
                await asyncio.sleep(CONNECT_PAUSE)
            else:
                return

    @property
    def _pool(self) -> asyncpg.Pool[Row]:
        """The pool that `databases` made.

        `Database.connection()` would keep one object for each asyncio.Task, and that object stays broken for as long as
        the task lives if giving its connection back fails once, as it does when the server dies. It also takes a lock
        and two rounds of the loop for each statement.
        """
        pool = getattr(self._databases._backend, "_pool", None)
        if pool is None:
            raise Unavailable("The database is not connected.")
        made: asyncpg.Pool[Row] = pool
        return made

    async def disconnect(self) -> None:
        self._waiting += 1  # from now on nothing is kept
        while self._kept:
            await self._pool.release(self._kept.pop())
        await asyncio.gather(*self._leaving, return_exceptions=True)
        await self._databases.disconnect()
        self._waiting -= 1

    async def fetch(self, statement: str, *values: Any) -> list[Row]:
        """The rows of one statement. Raises Unavailable where the database is away or does not answer in time.

        After Unavailable it is not known whether a write was done.
        """
        try:
            connection, seconds = await self._take()
            try:
                rows: list[Row] = await connection.fetch(statement, *values, timeout=seconds)
            except asyncpg.InternalClientError as error:
                # Most often the server has said that it ends this connection, and the end itself has not come yet.
                _log.warning("connection_unusable", error=repr(error))
                connection.terminate()
                raise
            except TimeoutError:
                self._release_later(connection)
                raise
            except BaseException:
                await self._pool.release(connection)
                raise
            await self._give_back(connection)
        except (TimeoutError, asyncpg.QueryCanceledError) as error:  # cancelled: by a limit of the server's own
            raise Unavailable("The database did not answer in time.") from error
        except _UNREACHABLE as error:
            raise Unavailable("The database cannot be reached.") from error
        return rows

    async def write(self, statement: str, *values: Any) -> list[Row]:
        """As `fetch`, for a statement that may meet another writer: retried where PostgreSQL undid it for that."""
        for _ in range(WRITE_ATTEMPTS - 1):
            try:
                return await self.fetch(statement, *values)
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                continue
        return await self.fetch(statement, *values)

    async def _take(self) -> tuple[Connection, float]:
        """A connection: the one that was used last, if it still is one, or one of the pool's; and the seconds that a
        statement may still take."""
        while self._kept:
            connection = self._kept.pop()
            if _is_open(connection):
                return connection, self._seconds
            await self._pool.release(connection)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._seconds) as limit:
                connection = await self._pool.acquire()
                left = (limit.when() or 0.0) - asyncio.get_running_loop().time()
                return connection, max(left, LEAST_SECONDS)
        finally:
            self._waiting -= 1

    async def _give_back(self, connection: Connection) -> None:
        """Keeps a connection on which all went well, unless somebody waits for one.

        The pool starts a task for each connection that it is given back, which is a tenth of what a statement costs.
        """
        if self._waiting:
            await self._pool.release(connection)
        else:
            self._kept.append(connection)

    def _release_later(self, connection: Connection) -> None:
        """Gives a connection back on which a statement took too long: that is cancelled first, and nobody is to wait
        for a server that may hear nothing."""
        leaving = asyncio.create_task(self._pool.release(connection, timeout=self._seconds))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._left)

    def _left(self, leaving: asyncio.Task[None]) -> None:
        self._leaving.discard(leaving)
        if not leaving.cancelled() and (error := leaving.exception()):
            _log.warning("connection_ended", error=repr(error))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside a transaction. For migrations: nothing in a command may need one."""
        connection, _ = await self._take()
        try:
            async with connection.transaction():
                yield connection
        finally:
            await self._pool.release(connection)


_UNREACHABLE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)


def _is_open(connection: Connection) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # it was closed, and the pool has taken it back
        return False


async def _leave_as_it_is(_: asyncpg.Connection[Row]) -> None:
    """Nothing here changes a session, so none is reset: that saves a round trip a statement."""


async def _prepare(connection: asyncpg.Connection[Row]) -> None:
    """JSON goes through orjson; both types travel in their binary form, which for jsonb begins with a version byte.

    Ids are Python's own UUIDs: asyncpg's are a type of theirs, which orjson does not know.
    """
    await connection.set_type_codec(
        "uuid", schema="pg_catalog", encoder=lambda id_: id_.bytes, decoder=lambda raw: UUID(bytes=raw), format="binary"
    )
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=orjson.dumps, decoder=orjson.loads, format="binary"
    )
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda raw: orjson.loads(raw[1:]),
        format="binary",
    )
