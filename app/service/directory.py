"""The directory of a workspace: who the reviewers are and which groups they belong to. An ADMIN sets it."""

from __future__ import annotations

from collections.abc import Sequence

from app.auth import Principal, require_admin
from app.deps import Deps
from app.domain.errors import InvalidInput, Problem
from app.domain.names import check_who
from app.store.directory import Group, Reviewer

MOST_MEMBERS = 10_000


async def set_group(deps: Deps, principal: Principal, name: str, members: Sequence[str]) -> Group:
    """The group with these members and no others. From now on it is known who can be reached through it.

    Raises NotAllowed, InvalidInput, Unavailable. Who is taken out loses what the group has, at once for new requests,
    within 7 seconds for open subscriptions.
    """
    require_admin(principal)
    check_names("/name", name, "/members", members)
    await deps.directory.set_group(principal.workspace, name, members, by=principal.actor)
    return Group(name, tuple(sorted(set(members))), whole=True)


async def set_reviewer(deps: Deps, principal: Principal, id: str, groups: Sequence[str]) -> Reviewer:
    """The reviewer as a member of these groups and no others. Raises NotAllowed, InvalidInput, Unavailable."""
    require_admin(principal)
    check_names("/id", id, "/groups", groups)
    await deps.directory.set_reviewer(principal.workspace, id, groups, by=principal.actor)
    return Reviewer(id, tuple(sorted(set(groups))))


def check_names(path: str, name: str, list_path: str, names: Sequence[str]) -> None:
    """Raises InvalidInput where one is no name of a reviewer or a group, or there are too many."""
    problems: list[Problem] = []
    check_who(problems, path, name)
    if len(names) > MOST_MEMBERS:
        problems.append(Problem(list_path, f"has {len(names):,} entries; at most {MOST_MEMBERS:,} are allowed"))
    for n, each in enumerate(names[:MOST_MEMBERS]):
        check_who(problems, f"{list_path}/{n}", each)
    if problems:
        raise InvalidInput(problems)
