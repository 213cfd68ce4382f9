"""Who somebody is and what they may do.

An API key reads `signoff_<id>_<secret>`. Only an HMAC-SHA256 of it, under the service's own secret, is stored; the id
finds the row, the hash is compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from functools import cached_property

from app.domain.errors import NotAllowed, NotFound, Unauthenticated
from app.domain.task import Assignee, Task

_PREFIX = "signoff"
_ID_BYTES = 8
_SECRET_BYTES = 32
_KEY = re.compile(rf"{_PREFIX}_([0-9a-f]{{{2 * _ID_BYTES}}})_[A-Za-z0-9_-]{{1,100}}", re.ASCII)


class Role(StrEnum):
    WORKFLOW = "WORKFLOW"
    REVIEWER = "REVIEWER"
    ANALYST = "ANALYST"
    ADMIN = "ADMIN"


class Verb(Enum):
    """What somebody may want to do to a task."""

    SEE = auto()
    ANSWER = auto()
    CLAIM = auto()
    RELEASE = auto()
    REASSIGN = auto()
    EXTEND = auto()
    CANCEL = auto()
    RATE = auto()


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Whom a key stands for. `owner` is the person responsible for a key that is not itself a person's.

    What follows from these is computed once: it is needed for every task that the principal sees or answers.
    """

    key_id: str
    workspace: str
    name: str
    roles: frozenset[Role]
    reviewer: str | None = None
    groups: tuple[str, ...] = ()
    owner: str | None = None

    @cached_property
    def assignees(self) -> tuple[Assignee, ...]:
        """The assignees that this principal is or belongs to."""
        if Role.REVIEWER not in self.roles or self.reviewer is None:
            return ()
        return (Assignee("reviewer", self.reviewer), *(Assignee("group", g) for g in self.groups))

    @cached_property
    def tokens(self) -> tuple[str, ...] | None:
        """What a task's audience must hold one of for this principal to see it; None: sees the whole workspace."""
        if self.roles & {Role.ANALYST, Role.ADMIN}:
            return None
        mine = tuple(a.token for a in self.assignees)
        return (*mine, f"key:{self.name}") if Role.WORKFLOW in self.roles else mine

    @property
    def actor(self) -> str:
        """Who is said to have done what this principal does: the reviewer, or else the key's name."""
        return self.reviewer or self.name

    @cached_property
    def people(self) -> tuple[str, ...]:
        """The people behind this key."""
        return tuple(dict.fromkeys(p for p in (self.reviewer, self.owner) if p))


def may(principal: Principal, verb: Verb, task: Task) -> bool:
    """The one place that says who may do what to a task. Every entrance asks it; lists use `tokens`, its twin."""
    if principal.workspace != task.workspace:
        return False
    if verb is Verb.SEE:  # asked most often
        return principal.tokens is None or not set(principal.tokens).isdisjoint(task.audience)
    has_it = bool(through(principal, task))
    admin = Role.ADMIN in principal.roles
    match verb:
        case Verb.ANSWER | Verb.CLAIM:
            own = task.question.separation_of_duties and not set(principal.people).isdisjoint(task.openers)
            allowed = has_it and not own
        case Verb.CANCEL:
            allowed = directs(principal, task)
        case Verb.REASSIGN | Verb.EXTEND:
            allowed = has_it or directs(principal, task)
        case Verb.RELEASE:
            allowed = has_it or admin or principal.reviewer in task.claimants
        case Verb.RATE:
            allowed = not {a.token for a in principal.assignees}.isdisjoint(task.audience)
    return allowed


def directs(principal: Principal, task: Task) -> bool:
    """Whether the principal is the workflow that opened the task, or an ADMIN."""
    opened = Role.WORKFLOW in principal.roles and task.created_by == principal.name
    return principal.workspace == task.workspace and (opened or Role.ADMIN in principal.roles)


def require(principal: Principal, verb: Verb, task: Task) -> None:
    """Raises NotFound where the principal may not even see the task, NotAllowed where it may see but not do this."""
    if not may(principal, Verb.SEE, task):
        raise no_such_task()
    if not may(principal, verb, task):
        raise NotAllowed(_WHY_NOT.get(verb) or _why_not_answer(principal, task))


def _why_not_answer(principal: Principal, task: Task) -> str:
    if through(principal, task):
        return "You, or somebody behind your key, opened this task, which must be answered by somebody else."
    for a in task.assignments:
        if a.on_behalf_of is not None and a.on_behalf_of == principal.reviewer:
            return f"You are away, and {a.assignee.name} answers for you; end your absence to answer yourself."
    return "Only somebody to whom the task is assigned now may answer it."


_WHY_NOT = {
    Verb.RELEASE: "Only somebody to whom the task is assigned now, or an ADMIN, may give a claim on it back.",
    Verb.REASSIGN: "Only the workflow that opened the task, somebody to whom it is assigned now, or an ADMIN, may "
    "reassign it.",
    Verb.EXTEND: "Only the workflow that opened the task, somebody to whom it is assigned now, or an ADMIN, may extend "
    "its deadline.",
    Verb.RATE: "Only a reviewer to whom the task was assigned may rate it.",
    Verb.CANCEL: "Only the workflow that opened the task, or an ADMIN, may cancel it.",
}


def require_opener(principal: Principal) -> None:
    """Raises NotAllowed unless the principal may open tasks, and cancel runs of them."""
    if not principal.roles & {Role.WORKFLOW, Role.ADMIN}:
        raise NotAllowed("Only a key with role WORKFLOW or ADMIN may open tasks, or cancel a run of them.")


def require_admin(principal: Principal) -> None:
    """Raises NotAllowed unless the principal may change the directory, and read the keys."""
    if Role.ADMIN not in principal.roles:
        raise NotAllowed("Only a key with role ADMIN may change the directory, or read the keys.")


def require_reader(principal: Principal) -> None:
    """Raises NotAllowed unless the principal may read the whole workspace."""
    if principal.tokens is not None:
        raise NotAllowed("Only a key with role ADMIN or ANALYST may read the directory.")


def require_absentee(principal: Principal, reviewer: str) -> None:
    """Raises NotAllowed unless the principal may say when `reviewer` is absent: themselves, or an ADMIN."""
    itself = Role.REVIEWER in principal.roles and principal.reviewer == reviewer
    if not itself and Role.ADMIN not in principal.roles:
        raise NotAllowed("Only the reviewer themselves, or an ADMIN, may say when somebody is absent.")


def no_such_task() -> NotFound:
    """What is said of a task that does not exist, and of one that the caller may not see."""
    return NotFound("There is no such task.")


def through(principal: Principal, task: Task) -> tuple[Assignee, ...]:
    """The task's open assignees that the principal is or belongs to."""
    return tuple(a.assignee for a in task.assignments if a.assignee in principal.assignees)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: `text` is for its holder and shown once."""

    id: str
    text: str
    hash: bytes


def new_key(secret: str) -> NewKey:
    """A random key, and its hash under the service's `secret`."""
    key_id = secrets.token_hex(_ID_BYTES)
    text = f"{_PREFIX}_{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    return NewKey(key_id, text, key_hash(text, secret))


def key_hash(text: str, secret: str) -> bytes:
    """HMAC-SHA256 (RFC 2104) of a key under the service's `secret`."""
    return hmac.digest(secret.encode(), text.encode(), hashlib.sha256)


def bearer(credential: str | None) -> str:
    """The key in `Bearer KEY` (RFC 6750, section 2.1). Raises Unauthenticated."""
    scheme, _, text = (credential or "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise no_key()
    return text.strip()


def key_id_of(text: str) -> str:
    """The id in a key. Raises Unauthenticated where it does not look like one."""
    match = _KEY.fullmatch(text)
    if match is None:
        raise unknown_key()
    return match[1]


def no_key() -> Unauthenticated:
    """What is said to whoever shows no key."""
    return Unauthenticated("Send your API key as 'Authorization: Bearer KEY'.")


def unknown_key() -> Unauthenticated:
    """What is said of a key that is unknown, revoked or expired: the three look the same."""
    return Unauthenticated("This API key is not known, or no longer valid.")
