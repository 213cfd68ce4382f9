"""Every setting of Signoff, read from the environment: DATABASE_URL, REDIS_URL and SIGNOFF_*."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRET_CHARACTERS = 16


class Settings(BaseSettings):
    """The settings of one process. Spans are in seconds."""

    model_config = SettingsConfigDict(env_prefix="SIGNOFF_", extra="ignore", populate_by_name=True)

    database_url: str = Field(validation_alias="DATABASE_URL", description="PostgreSQL, the truth.")
    redis_url: str = Field(validation_alias="REDIS_URL", description="Redis or Valkey, for hints only.")
    key_secret: SecretStr = Field(description="API keys are stored hashed with this secret.")

    host: str = Field("127.0.0.1", description="The address that the API listens on.")
    port: int = Field(8000, ge=0, le=65535, description="The port that the API listens on.")
    allowed_origins: str = Field("", description="Origins whose pages may call the API, with commas; * for all.")
    introspection: bool = Field(False, description="Answer the schema's introspection without a key. For development.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="The least that is logged.")
    log_json: bool = Field(True, description="Log one JSON object a line; else for a person to read.")

    database_connections: int = Field(10, ge=3, description="Connections to PostgreSQL, a process.")
    database_seconds: float = Field(10.0, gt=0, le=10, description="Longest wait for one statement.")

    alarm_tick: float = Field(0.1, gt=0, description="Deadlines are rounded up to this and share an alarm.")
    alarm_horizon: float = Field(120.0, gt=0, description="Deadlines further off are armed by the planner, later.")
    sweep_every: float = Field(1.0, gt=0, description="How often a worker looks for deadlines that no alarm fired.")

    claim_seconds: float = Field(900.0, gt=0, le=86_400, description="How long a claim lasts unless it is renewed.")

    max_body_bytes: int = Field(4 * 1024 * 1024, ge=1024, description="Largest HTTP body and WebSocket message.")
    max_operations: int = Field(100, ge=1, description="Most operations at once on one WebSocket.")
    max_waiting_commands: int = Field(10_000, ge=1, description="Most commands waiting in a process; more are refused.")
    connection_init_seconds: float = Field(10.0, gt=0, description="How long a WebSocket has to present its key.")
    send_seconds: float = Field(20.0, gt=0, description="A client that takes no message for so long is cut off.")
    start_seconds: float = Field(
        15.0, ge=0, description="How long API and worker wait at their start for the database, then for its migrations."
    )
    shutdown_seconds: int = Field(10, ge=0, description="How long open requests may take when the process is to stop.")

    @field_validator("key_secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        if len(secret.get_secret_value()) < SECRET_CHARACTERS:
            raise ValueError(f"must have at least {SECRET_CHARACTERS} characters")
        return secret

    @field_validator("database_url")
    @classmethod
    def _of_postgresql(cls, url: str) -> str:
        return _with_scheme(url, "postgresql", "postgres")

    @field_validator("redis_url")
    @classmethod
    def _of_redis(cls, url: str) -> str:
        return _with_scheme(url, "redis", "rediss", "unix")


def _with_scheme(url: str, *schemes: str) -> str:
    """`url`, if it begins with one of these; it is not quoted, for it may hold a password."""
    if url.partition("://")[0].partition("+")[0] not in schemes or "://" not in url:
        raise ValueError(f"must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    return url
