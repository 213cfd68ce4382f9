"""What nobody expected is said as such, in the form of everything else that is said; and nothing of the inside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.exceptions import ConnectionClosed

from tests.acceptance.client import ApiError
from tests.acceptance.conftest import Workspace

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def without_keys(workspace: Workspace) -> AsyncIterator[None]:
    """The table of keys is not there, as on a database that somebody has worked on."""
    database = workspace.deps.database
    await database.fetch("ALTER TABLE api_keys RENAME TO keys_elsewhere")
    try:
        yield
    finally:
        await database.fetch("ALTER TABLE keys_elsewhere RENAME TO api_keys")


async def test_a_fault_before_anything_is_run_is_an_internal_error(workspace: Workspace) -> None:
    analyst, admin = await workspace.analyst(), await workspace.admin()
    async with without_keys(workspace):
        with pytest.raises(ApiError) as told:
            await analyst.run("{ viewer { id } }")
        with pytest.raises(ConnectionClosed) as closed:
            async with admin.socket():
                pass
    assert told.value.status == 500
    (error,) = told.value.errors
    assert error == {"message": "Internal error. It has been logged.", "extensions": {"code": "INTERNAL"}}
    assert closed.value.rcvd
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1011, "Internal error. It has been logged.")
    assert await analyst.run("{ viewer { id } }") == {"id": "analyst"}
