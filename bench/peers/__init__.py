"""Peers: other open-source ways to the same outcome, each in an environment of its own under bench/.peers/."""

from __future__ import annotations

from bench.contestant import Start
from bench.peers import mercurius

STARTS: dict[str, Start] = {"mercurius": mercurius.start}
