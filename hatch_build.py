"""The pages (web/) are built when the package is installed.

Where that cannot be done (no npm registry in reach, say) the installation goes on without them, and `/` says how to
build them; with CI=true it must be done.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PagesBuildHook(BuildHookInterface[Any]):
    """Runs web/build.py, which does nothing where no source has changed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 -- hatchling's signature
        program = Path(self.root) / "web" / "build.py"
        if not program.exists():
            return
        # Its words go where pip shows them only on failure or with -v.
        code = subprocess.run([sys.executable, program], check=False).returncode  # noqa: S603
        if code and os.environ.get("CI") == "true":
            raise RuntimeError("The pages could not be built; with CI=true they must be.")
        if code:
            self.app.display_warning(
                "The pages could not be built; the API works without them. `/` says how to build them."
            )
