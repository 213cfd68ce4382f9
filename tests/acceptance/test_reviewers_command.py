"""`signoff reviewers`: the directory from the operator's terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.acceptance.client import ApiError
from tests.acceptance.conftest import Workspace
from tests.acceptance.running import ROOT

pytestmark = pytest.mark.anyio


def signoff(workspace: Workspace, *words: str) -> subprocess.CompletedProcess[str]:
    settings = workspace.service.settings
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SIGNOFF_KEY_SECRET": settings.key_secret.get_secret_value(),
    }
    command = [sys.executable, "-m", "app.cli", "reviewers", *words, "--workspace", workspace.name]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def done(workspace: Workspace, *words: str) -> str:
    result = signoff(workspace, *words)
    assert result.returncode == 0, result.stderr
    return result.stdout


async def test_groups_and_absences_are_set_and_listed(workspace: Workspace) -> None:
    await workspace.reviewer("anna", "finance")
    assert done(workspace, "set", "ben", "--group", "legal", "--group", "finance") == "ben  finance, legal\n"
    assert done(workspace, "group", "legal", "--member", "anna") == "legal  anna\n"
    listed: list[dict[str, Any]] = json.loads(done(workspace, "list", "--json"))
    assert listed == [{"id": "anna", "groups": ["finance", "legal"]}, {"id": "ben", "groups": ["finance"]}]
    until = ("--until", "2999-01-01T00:00Z")
    absence = done(workspace, "absent", "anna", "--delegate", "ben", *until).split()[0]
    assert "anna" in done(workspace, "absences")
    assert done(workspace, "back", absence).startswith("ended: anna")
    assert done(workspace, "absences") == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("absent", "anna", "--delegate", "anna", "--until", "2999-01-01T00:00Z"), "somebody else must stand in"),
        (("absent", "anna", "--delegate", "ben", "--until", "2999-01-01T00:00"), "has no offset"),
        (("back", "x"), "is not an id"),
        (("set", " "), "is empty"),
        (("set", "system:timeout"), "may not begin with 'system:'"),
    ],
)
async def test_what_is_wrong_is_said_in_a_line(workspace: Workspace, words: tuple[str, ...], said: str) -> None:
    await workspace.admin()
    result = signoff(workspace, *words)
    assert result.returncode != 0
    assert said in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


async def test_a_workspace_that_is_not_there_is_not_made(workspace: Workspace) -> None:
    result = signoff(workspace, "set", "anna")
    assert result.returncode == 1
    assert "There is no workspace" in result.stderr


async def test_an_admin_reads_the_keys_without_their_secrets_and_nobody_else_does(workspace: Workspace) -> None:
    admin, anna = await workspace.admin(), await workspace.reviewer("anna")
    query = "{ apiKeys { id name roles reviewer expiresAt revokedAt lastUsedAt createdAt } }"
    keys = await admin.run(query)
    assert [(key["name"], key["roles"], key["reviewer"]) for key in keys] == [
        ("admin", ["ADMIN"], None),
        ("key-anna", ["REVIEWER"], "anna"),
    ]
    assert anna.key
    assert anna.key.split("_", 2)[2] not in str(keys)  # a secret may have an underscore itself
    with pytest.raises(ApiError) as refused:
        await anna.run(query)
    assert refused.value.code == "NOT_ALLOWED"
