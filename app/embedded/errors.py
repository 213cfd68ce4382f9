"""What the embedded servers raise."""

from __future__ import annotations


class EmbeddedError(Exception):
    """A server cannot be started; the message says why, with the end of its log, and what to do."""
