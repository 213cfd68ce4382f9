"""One running service a test process; each test has a workspace of its own in it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest

from app.auth import Role
from app.deps import Deps, open_deps
from tests.acceptance.client import Client
from tests.acceptance.running import Running
from tests.conftest import Servers
from tests.factories import a_key

_numbers = itertools.count(1)


class Workspace:
    """A workspace, and whoever has a key to it."""

    def __init__(self, service: Running, deps: Deps, http: httpx2.AsyncClient, name: str) -> None:
        self.service = service
        self.deps = deps
        self.name = name
        self._http = http

    async def client(self, *roles: Role, name: str = "workflow", **given: Any) -> Client:
        key = await a_key(self.deps, *roles, workspace=self.name, name=name, **given)
        return Client(self.service, key, self._http)

    def nobody(self, key: str | None = None) -> Client:
        return Client(self.service, key, self._http)

    async def workflow(self, name: str = "workflow", **given: Any) -> Client:
        return await self.client(Role.WORKFLOW, name=name, **given)

    async def reviewer(self, name: str, *groups: str) -> Client:
        return await self.client(Role.REVIEWER, name=f"key-{name}", reviewer=name, groups=groups)

    async def admin(self) -> Client:
        return await self.client(Role.ADMIN, name="admin")

    async def analyst(self) -> Client:
        return await self.client(Role.ANALYST, name="analyst")

    def at(self, service: Running) -> Workspace:
        """The same workspace, by way of another API process."""
        return Workspace(service, self.deps, self._http, self.name)

    def elsewhere(self) -> Workspace:
        return Workspace(self.service, self.deps, self._http, f"{self.name}-other")


@pytest.fixture(scope="session")
def service(servers: Servers) -> Iterator[Running]:
    with Running(servers.settings(servers.new_database())) as running:
        yield running


async def workspace_of(service: Running) -> AsyncIterator[Workspace]:
    async with open_deps(service.settings) as deps, httpx2.AsyncClient(timeout=70) as http:
        yield Workspace(service, deps, http, f"w{next(_numbers)}")


@pytest.fixture
async def workspace(service: Running) -> AsyncIterator[Workspace]:
    async for workspace in workspace_of(service):
        yield workspace
