"""The commands of `signoff` say in a line what is wrong, and do nothing then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import Settings
from tests.acceptance.conftest import Workspace
from tests.acceptance.running import ROOT

pytestmark = pytest.mark.anyio

KEY = ("keys", "create", "--workspace", "w", "--name", "x")
NOBODY = "ws://127.0.0.1:9/graphql"


def signoff(workspace: Workspace, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    settings = workspace.service.settings
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SIGNOFF_KEY_SECRET": settings.key_secret.get_secret_value(),
        "COLUMNS": "400",
        **variables,
    }
    command = [sys.executable, "-m", "app.cli", *words]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*KEY, "--role", "REVIEWER", "--reviewer", "system:timeout"), "may not begin with 'system:'"),
        ((*KEY[:-1], "system:timeout", "--role", "WORKFLOW"), "may not begin with 'system:'"),
        ((*KEY, "--role", "REVIEWER", "--reviewer", "an\nna"), "holds a control character, U+000A; leave it out"),
        ((*KEY, "--role", "REVIEWER", "--reviewer", "\u200b"), "has no character that can be seen"),
        ((*KEY, "--role", "WORKFLOW", "--group", "finance"), "goes with role REVIEWER only"),
        (("watch", "--url", "http://127.0.0.1:9/graphql", "--key", "x"), "is not Signoff's WebSocket"),
        (("watch", "--url", NOBODY, "--key", "x"), "Connect call failed"),
        (("demo", "--url", NOBODY, "--workspace", "w"), "Connect call failed"),
        (("demo", "--remove", "--workspace", "nowhere"), "There is no workspace 'nowhere'."),
        (("keys", "list", "--workspace", "nowhere"), "There is no workspace nowhere;"),
        (("keys", "list", "--workspace", "nowhere", "--json"), "There is no workspace nowhere;"),
        (("reviewers", "list", "--workspace", "nowhere"), "There is no workspace nowhere;"),
        (("reviewers", "absences", "--workspace", "nowhere"), "There is no workspace nowhere;"),
    ],
)
async def test_what_is_wrong_is_said_in_a_line(workspace: Workspace, words: tuple[str, ...], said: str) -> None:
    done = signoff(workspace, *words)
    assert done.returncode
    assert not done.stdout
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "migrate" not in done.stderr
    assert "The demo runs" not in done.stderr
    assert not (await workspace.deps.events.head("nowhere")).epoch


async def test_whoever_can_be_asked_can_have_a_key(workspace: Workspace) -> None:
    assert (await (await workspace.workflow()).open(assignees=[{"reviewer": "👩\u200d💻"}]))["task"]
    key = ("keys", "create", "--workspace", workspace.name, "--name", "x", "--role", "REVIEWER")
    done = signoff(workspace, *key, "--reviewer", "👩\u200d💻")
    assert done.returncode == 0, done.stderr


async def test_watching_from_no_place_says_so(workspace: Workspace) -> None:
    key = (await workspace.reviewer("anna")).key
    assert key
    done = signoff(workspace, "watch", "--url", workspace.service.ws, "--key", key, "--after", "nonsense")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("signoff: ")
    assert len(done.stderr.splitlines()) == 1


async def test_watching_with_a_key_that_is_not_valid_says_so(workspace: Workspace) -> None:
    done = signoff(workspace, "watch", "--url", workspace.service.ws, "--key", "nonsense")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "signoff: The key is not valid.\n")


@pytest.mark.parametrize("command", ["api", "worker"])
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATABASE_URL", "secret-nonsense", "must begin with postgresql://"),
        ("REDIS_URL", "secret-nonsense", "must begin with redis://"),
        ("SIGNOFF_KEY_SECRET", "secret-nonsense", "must have at least 16 characters"),
        ("SIGNOFF_LOG_LEVEL", "LOUD", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("SIGNOFF_MAX_BODY_BYTES", "-5", "greater than or equal to 1024"),
        ("SIGNOFF_SHUTDOWN_SECONDS", "-1", "greater than or equal to 0"),
    ],
)
async def test_a_bad_setting_is_named_and_its_value_is_not(
    workspace: Workspace, command: str, name: str, value: str, said: str
) -> None:
    done = signoff(workspace, command, **{name: value})
    assert done.returncode == 1
    assert f"{name}: " in done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret-nonsense" not in done.stderr


@pytest.mark.parametrize("command", ["api", "worker", "migrate"])
async def test_a_database_that_is_not_there_is_said_in_a_line(workspace: Workspace, command: str) -> None:
    nowhere = {"DATABASE_URL": "postgresql://postgres:secret@127.0.0.1:9/signoff", "SIGNOFF_START_SECONDS": "0"}
    done = signoff(workspace, command, **nowhere, SIGNOFF_PORT="0")
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if line.startswith("signoff: ")]
    assert len(said) == 1
    assert "No database to connect to" in said[0]
    assert "Traceback" not in done.stdout + done.stderr
    assert "secret" not in done.stdout + done.stderr


def test_where_nothing_is_set_the_variables_are_named_and_where_no_service_runs(tmp_path: Path) -> None:
    done = with_these_alone({}, *KEY, "--role", "WORKFLOW", "--data-dir", str(tmp_path / "elsewhere"))
    assert done.returncode == 1
    for said in ("DATABASE_URL: ", "SIGNOFF_KEY_SECRET: ", f"none runs on {tmp_path / 'elsewhere'}"):
        assert said in done.stderr
    assert "REDIS_URL" not in done.stderr


@pytest.mark.parametrize("command", ["api", "worker"])
def test_api_and_worker_need_all_three(command: str) -> None:
    done = with_these_alone({}, command)
    assert done.returncode == 1
    assert all(f"{name}: " in done.stderr for name in ("DATABASE_URL", "REDIS_URL", "SIGNOFF_KEY_SECRET"))


def test_a_command_needs_the_settings_alone_that_it_uses(settings: Settings) -> None:
    database = {"DATABASE_URL": settings.database_url}
    secret = {"SIGNOFF_KEY_SECRET": settings.key_secret.get_secret_value()}
    made = with_these_alone(database | secret, *KEY, "--role", "WORKFLOW", "--json")
    assert made.returncode == 0, made.stderr
    key_id = json.loads(made.stdout)["id"]
    of_w = ("--workspace", "w")
    until = ("--until", "2999-01-01T00:00Z")
    for words in (
        ("migrate",),
        ("keys", "list", *of_w),
        ("keys", "revoke", key_id),
        ("reviewers", "set", "anna", *of_w),
        ("reviewers", "group", "legal", "--member", "ben", *of_w),
        ("reviewers", "absent", "anna", "--delegate", "ben", *until, *of_w),
        ("reviewers", "list", *of_w),
    ):
        done = with_these_alone(database, *words)
        assert done.returncode == 0, (words, done.stderr)


def with_these_alone(variables: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """A command with these settings and no others."""
    ours = ("DATABASE_URL", "REDIS_URL", "SIGNOFF_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | variables
    command = [sys.executable, "-m", "app.cli", *words]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
