"""The PostgreSQL and the Valkey under every contestant of a run: one server of each, production's durability."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from app.embedded import EmbeddedPostgres, EmbeddedValkey
from bench.processes import cpu_seconds


@dataclass
class Servers:
    """Running servers, and a folder for logs. A contestant gets a database of its own in the same server."""

    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def new_database(self, name: str) -> str:
        """Makes an empty database; its URL."""
        connection = await asyncpg.connect(self.postgres.url("postgres"))
        try:
            full = f"bench_{name}_{next(self._numbers)}"
            await connection.execute(f'CREATE DATABASE "{full}"')
        finally:
            await connection.close()
        return self.postgres.url(full)

    @property
    def database_seconds(self) -> float:
        """Processor time of PostgreSQL and its connections so far."""
        assert self.postgres.process
        return cpu_seconds(self.postgres.process.pid, with_children=True)

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


@contextmanager
def servers() -> Iterator[Servers]:
    """Starts both, and stops and removes them at the end."""
    folder = Path(tempfile.mkdtemp(prefix="signoff-bench-"))
    folder.chmod(0o711)
    postgres, valkey = EmbeddedPostgres(folder / "postgres"), EmbeddedValkey(folder / "valkey")
    try:
        postgres.start()
        valkey.start()
        yield Servers(postgres, valkey, folder)
    finally:
        postgres.stop()
        valkey.stop()
        postgres.remove()
        shutil.rmtree(folder, ignore_errors=True)
