"""Keys are looked up once for all who show them at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.auth import Role, key_id_of
from app.deps import Deps, background
from app.domain.errors import Unauthenticated
from app.service import authenticate
from app.service.authenticate import Authenticator
from tests.factories import a_key

pytestmark = pytest.mark.anyio


@pytest.fixture
def reads(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The ids of the keys that were read, a list a statement."""
    made: list[list[str]] = []
    real = deps.keys.get_many_valid

    async def counted(ids: Iterable[str]) -> Any:
        made.append(list(ids))
        return await real(made[-1])

    monkeypatch.setattr(deps.keys, "get_many_valid", counted)
    return made


async def test_a_key_that_many_show_at_once_is_read_once(deps: Deps, reads: list[list[str]]) -> None:
    credential = f"Bearer {await a_key(deps, Role.WORKFLOW)}"
    authenticator = Authenticator(deps)
    found = await asyncio.gather(*(authenticator.principal(credential) for _ in range(50)))
    assert {principal.name for principal in found} == {"workflow"}
    assert len(reads) == 1


async def test_who_goes_away_meanwhile_leaves_it_to_the_others(deps: Deps, reads: list[list[str]]) -> None:
    credential = f"Bearer {await a_key(deps, Role.WORKFLOW)}"
    authenticator = Authenticator(deps)
    first, second = (asyncio.create_task(authenticator.principal(credential)) for _ in range(2))
    await asyncio.sleep(0)  # both wait
    first.cancel()
    assert (await second).name == "workflow"
    assert len(reads) == 1


async def test_a_key_that_is_not_known_is_refused_to_all_and_looked_for_again(
    deps: Deps, reads: list[list[str]]
) -> None:
    authenticator = Authenticator(deps)
    for times in (1, 2):
        tried = (authenticator.principal(f"Bearer signoff_{'0' * 16}_nobody") for _ in range(5))
        refused = await asyncio.gather(*tried, return_exceptions=True)
        assert all(isinstance(each, Unauthenticated) for each in refused)
        assert len(reads) == times


async def test_when_a_key_was_used_is_noted_and_of_no_other(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authenticate, "TOUCH_SECONDS", 0.01)
    used, _ = [await a_key(deps, Role.WORKFLOW, name=name) for name in ("used", "unused")]
    authenticator, noted = Authenticator(deps), asyncio.Event()
    real = deps.keys.touch

    async def touch(ids: Iterable[str]) -> None:
        await real(ids)
        noted.set()

    monkeypatch.setattr(deps.keys, "touch", touch)
    async with background(authenticator.run):
        await authenticator.principal(f"Bearer {used}")
        await noted.wait()
    assert {key.name: key.last_used_at is not None for key in await deps.keys.list_("w")} == {
        "used": True,
        "unused": False,
    }


async def test_what_is_known_of_a_key_is_asked_again_after_a_moment(deps: Deps, reads: list[list[str]]) -> None:
    key = await a_key(deps, Role.WORKFLOW)
    authenticator = Authenticator(deps)
    for _ in range(2):
        await authenticator.principal(f"Bearer {key}")
    assert len(reads) == 1, "not for each request"
    await deps.keys.revoke(key_id_of(key))
    authenticator._remembered[key_id_of(key)].until = 0.0  # the moment is over
    with pytest.raises(Unauthenticated):
        await authenticator.principal(f"Bearer {key}")


async def test_a_key_that_expires_while_it_is_known_is_refused(deps: Deps) -> None:
    key = await a_key(deps, Role.WORKFLOW, expires_in=timedelta(hours=1))
    authenticator = Authenticator(deps)
    await authenticator.principal(f"Bearer {key}")
    (stored,) = await deps.database.write("UPDATE api_keys SET expires_at = clock_timestamp() RETURNING expires_at")
    known = authenticator._remembered[key_id_of(key)]
    known.key = replace(known.key, expires_at=stored["expires_at"])  # the hour is over
    with pytest.raises(Unauthenticated):
        await authenticator.principal(f"Bearer {key}")


async def test_so_many_keys_are_known_at_once_and_no_more(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authenticate, "MOST_REMEMBERED", 2)
    authenticator = Authenticator(deps)
    for n in range(5):
        credential = f"Bearer {await a_key(deps, Role.WORKFLOW, name=f'w{n}')}"
        assert (await authenticator.principal(credential)).name == f"w{n}"
        assert len(authenticator._remembered) <= 2
