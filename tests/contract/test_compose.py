"""The Dockerfile and docker-compose.yml say what the code says: commands, options and settings that exist."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from pydantic import AliasChoices

from app.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
SECRETS = {"POSTGRES_PASSWORD", "SIGNOFF_KEY_SECRET"}


def dockerfile(instruction: str) -> list[str]:
    """What follows each `instruction` in the Dockerfile, in order; continued lines are joined."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return re.findall(rf"^{instruction}\s+(.*)$", text, re.MULTILINE)


def env_names(field_name: str) -> set[str]:
    """The environment variables that the setting `field_name` is read from."""
    alias = Settings.model_fields[field_name].validation_alias
    if isinstance(alias, str):
        return {alias}
    if isinstance(alias, AliasChoices):
        return {choice for choice in alias.choices if isinstance(choice, str)}
    return {f"{Settings.model_config.get('env_prefix', '')}{field_name}".upper()}


def seconds(span: str) -> int:
    """Docker's "30s" as a number."""
    assert span.endswith("s")
    return int(span[:-1])


def assert_command_exists(words: list[str]) -> None:
    """`words` parse as a command of ours, options and all; it is not run."""
    from app.cli import app  # here: only what is about commands needs every part of the service

    program, *rest = words
    assert program in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    command: Any = typer.main.get_command(app)
    context = command.context_class(command, info_name=program)
    while hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(context, rest)
        context = command.context_class(command, parent=context, info_name=name)
    command.make_context(command.name, rest, parent=context.parent)


def test_our_services_are_the_three_that_make_up_signoff() -> None:
    assert set(OURS) == {"api", "worker", "migrate"}
    assert set(SERVICES) - set(OURS) == {"postgres", "valkey"}


@pytest.mark.parametrize("name", OURS)
def test_a_services_command_exists_with_its_options(name: str) -> None:
    assert SERVICES[name]["command"][:2] == ["signoff", name]
    assert_command_exists(SERVICES[name]["command"])


def test_the_images_own_command_exists() -> None:
    (command,) = dockerfile("CMD")
    assert_command_exists(json.loads(command))


@pytest.mark.parametrize("words", [["signoff", "nonsense"], ["signoff", "api", "--nonsense"], ["signoff", "api", "x"]])
def test_a_command_that_does_not_exist_would_be_noticed(words: list[str]) -> None:
    with pytest.raises(Exception, match=r"nonsense|\(x\)") as refused:
        assert_command_exists(words)
    assert "UsageError" in {kind.__name__ for kind in type(refused.value).__mro__}


@pytest.mark.parametrize("name", OURS)
def test_a_services_environment_is_made_of_settings_and_has_all_that_are_required(name: str) -> None:
    given = set(SERVICES[name]["environment"])
    assert given <= {env for field in Settings.model_fields for env in env_names(field)}
    for field_name, field in Settings.model_fields.items():
        if field.is_required():
            assert env_names(field_name) & given, f"{field_name} is required, but not given"


@pytest.mark.parametrize("name", OURS)
def test_every_setting_with_a_default_is_passed_on_where_the_caller_sets_it(name: str) -> None:
    environment = SERVICES[name]["environment"]
    passed_on = {env for env, value in environment.items() if value is None}
    own = {"SIGNOFF_HOST", "SIGNOFF_PORT"}  # inside the container: API_PUBLISH says where it is outside
    optional = {name for name, field in Settings.model_fields.items() if not field.is_required()}
    assert passed_on == {env for name in optional for env in env_names(name)} - own
    assert "POSTGRES_PASSWORD" not in environment
    assert "env_file" not in SERVICES[name], "which would pass on the password, too"


@pytest.mark.parametrize("file", ["docker-compose.yml", "README.md", "docs/operations.md"])
def test_how_the_first_key_is_made_is_said_with_a_command_that_exists(file: str) -> None:
    said = re.findall(
        r"docker compose exec api (signoff keys create [^`\n]*?)(?:  |`|$)", (ROOT / file).read_text(), re.M
    )
    assert said
    for words in said:
        assert_command_exists(words.split())


def test_secrets_come_from_the_callers_environment_and_their_absence_is_an_error() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in SECRETS:
        uses = re.findall(rf"\$\{{?{name}[^}}]*\}}?", text)
        assert uses
        assert all(re.fullmatch(rf"\$\{{{name}:\?[^}}]+\}}", use) for use in uses)
    assert SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    assert "${POSTGRES_PASSWORD:?" in SERVICES["api"]["environment"]["DATABASE_URL"]


def test_the_example_names_every_variable_and_holds_no_secret() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    example = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    assert named >= used
    assert named - used <= SERVICES["api"]["environment"].keys(), "what else it names is passed on"
    assert set(re.findall(r"^([A-Z_]+)=$", example, re.MULTILINE)) == SECRETS


@pytest.mark.parametrize("name", ["postgres", "valkey", "api"])
def test_a_service_that_others_reach_is_checked_for_health(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert seconds(check["timeout"]) < seconds(check["interval"])
    assert check["retries"] > 1


def test_the_apis_health_check_asks_the_port_that_it_listens_on_with_what_the_image_has() -> None:
    _, program, option, code = SERVICES["api"]["healthcheck"]["test"]
    assert (program, option) == ("python", "-c")
    compile(code, "healthcheck", "exec")
    assert f"http://127.0.0.1:{SERVICES['api']['environment']['SIGNOFF_PORT']}/healthz" in code
    assert SERVICES["api"]["environment"]["SIGNOFF_HOST"] == "0.0.0.0"


def test_what_runs_for_ever_is_started_again_and_migrate_is_not() -> None:
    assert {name: service["restart"] for name, service in SERVICES.items()} == {
        "postgres": "unless-stopped",
        "valkey": "unless-stopped",
        "api": "unless-stopped",
        "worker": "unless-stopped",
        "migrate": "no",
    }


@pytest.mark.parametrize("name", ["api", "worker"])
def test_api_and_worker_wait_for_the_migration_but_not_for_valkeys_health(name: str) -> None:
    assert SERVICES[name]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"},
        "postgres": {"condition": "service_healthy"},
        "valkey": {"condition": "service_started"},
    }
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


def test_official_images_with_a_named_volume_and_no_port_of_the_databases_published() -> None:
    assert SERVICES["postgres"]["image"] == "postgres:18"
    assert SERVICES["valkey"]["image"] == "valkey/valkey:9"
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]
    assert "postgres" in COMPOSE["volumes"]
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["api"]


def test_api_and_worker_may_run_several_times() -> None:
    assert not any("container_name" in service for service in SERVICES.values())
    (published,) = SERVICES["api"]["ports"]
    low, high, inner = re.fullmatch(r"\$\{API_PUBLISH:-127\.0\.0\.1:(\d+)-(\d+)\}:(\d+)", published).groups()  # type: ignore[union-attr]
    assert int(high) > int(low)
    assert inner == SERVICES["api"]["environment"]["SIGNOFF_PORT"]
    for name in ("api", "worker"):
        assert re.fullmatch(r"\$\{[A-Z]+_REPLICAS:-\d+\}", SERVICES[name]["deploy"]["replicas"])


@pytest.mark.parametrize("name", ["api", "worker"])
def test_a_service_has_longer_to_stop_than_it_gives_open_requests(name: str) -> None:
    assert seconds(SERVICES[name]["stop_grace_period"]) > Settings.model_fields["shutdown_seconds"].default


def test_the_image_installs_the_constrained_versions_without_the_development_group() -> None:
    (install,) = [line for line in dockerfile("RUN") if "pip install" in line]
    assert install.endswith("--constraint constraints.txt .")
    assert "--group" not in install


def test_the_image_is_built_from_files_that_exist_and_that_dockerignore_lets_through() -> None:
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = [words for line in dockerfile("COPY") if not (words := line.split())[0].startswith("--")]
    sources = {source for words in copied for source in words[:-1]}
    assert sources == let_through
    assert all((ROOT / source).exists() for source in sources)
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = {build["project"]["readme"], *build["project"]["license-files"]}
    assert needed | set(build["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= sources


def test_the_image_runs_as_an_ordinary_user() -> None:
    assert dockerfile("USER") == ["signoff"]
