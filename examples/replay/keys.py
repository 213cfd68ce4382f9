"""A REVIEWER key for each person: made and taken back with the `signoff` command, or read from a file."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from examples.replay.service import Service
from examples.replay.trouble import ReplayError

AT_ONCE = 4
COMMAND_SECONDS = 60
LIFE = "P1D"


@asynccontextmanager
async def made_keys(
    service: Service, people: Iterable[str], advance: Callable[[], object]
) -> AsyncIterator[dict[str, str]]:
    """The key of each person, good for a day at most, revoked in the end. Raises ReplayError."""
    where = ["--data-dir", service.data_dir] if service.data_dir else []
    ids: list[str] = []

    def make(person: str) -> tuple[str, str]:
        whom = ["--workspace", service.workspace, "--name", f"replay-{person}", "--reviewer", person]
        made = json.loads(_signoff("create", *where, "--role", "REVIEWER", *whom, "--expires-in", LIFE, "--json"))
        ids.append(made["id"])
        return person, made["key"]

    def revoke(key_id: str) -> None:
        _signoff("revoke", *where, key_id)

    loop = asyncio.get_running_loop()
    making = ThreadPoolExecutor(AT_ONCE)
    try:
        keys: dict[str, str] = {}
        for made in asyncio.as_completed([loop.run_in_executor(making, make, person) for person in people]):
            person, key = await made
            keys[person] = key
            advance()
        yield keys
    finally:
        making.shutdown(cancel_futures=True)  # waits for those being made: they, too, are to be revoked
        with ThreadPoolExecutor(AT_ONCE) as revoking:
            tasks = (loop.run_in_executor(revoking, revoke, key_id) for key_id in ids)
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for failure in filter(None, results):
            print(f"a key was left to expire: {failure}", file=sys.stderr)


def read_keys(path: Path, people: Iterable[str]) -> dict[str, str]:
    """The keys in a JSON object person -> key. Raises ReplayError where it is none, or lacks somebody."""
    try:
        keys = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ReplayError(f"Cannot read {path}: {error}") from error
    if not isinstance(keys, dict):
        raise ReplayError(f"{path} is not a JSON object person -> key.")
    if missing := sorted(set(people) - set(keys)):
        raise ReplayError(f"{path} has no key for {', '.join(missing)}.")
    return {person: str(keys[person]) for person in people}


def _signoff(*arguments: str) -> str:
    """What `signoff keys ...` prints. Raises ReplayError."""
    beside = Path(sys.executable).parent / "signoff"
    program = str(beside) if beside.exists() else shutil.which("signoff")
    if program is None:
        raise ReplayError("There is no `signoff` command beside this Python, nor on the PATH; or use --keys.")
    try:
        # In a session of its own: Ctrl-C stops the replay, not a command about to say which key it has made.
        done = subprocess.run(  # noqa: S603 -- our own command
            [program, "keys", *arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=COMMAND_SECONDS,
            start_new_session=True,
        )
    except subprocess.CalledProcessError as error:
        raise ReplayError(f"`signoff keys {arguments[0]}` failed: {error.stderr.strip()}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ReplayError(f"`signoff keys {arguments[0]}` failed: {error}") from error
    return done.stdout
