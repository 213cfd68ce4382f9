"""Peers: other open-source ways to the same outcome, each in an environment of its own under bench/.peers/."""

from __future__ import annotations

from bench.contestant import Start
from bench.peers import awaithumans, libraries, mercurius

STARTS: dict[str, Start] = {
    "mercurius": mercurius.start,
    "awaithumans": awaithumans.start,
    "langgraph": libraries.langgraph,
    "dbos": libraries.dbos,
}
