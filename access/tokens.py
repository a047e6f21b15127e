"""API tokens: random, shown once, kept as a hash; what each may do is said by scopes, and each ends one day."""

import hashlib
import re
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from access.rules import Action
from workflows.errors import BevakaError

PREFIX = "bvk_"  # what scanners of leaked secrets look for
LONGEST_LIFE = 365  # days
_FORM = re.compile(r"bvk_[A-Za-z0-9_-]{43}", re.ASCII)


class Scope(StrEnum):
    """What a token may be used for, within what its owner may do herself."""

    READ = "read"  # cases, deadlines, ledger: no person
    PERSON = "person"  # who a case is about; every reading is logged
    ACT = "act"  # transitions and steering
    OPEN = "open"  # open cases
    RUN = "run"  # the system itself


_SCOPES: dict[Action, Scope] = {
    Action.SEE_CASE: Scope.READ,
    Action.SEE_WHOLE: Scope.READ,
    Action.SEE_PEOPLE: Scope.READ,
    Action.SEE_CHANNELS: Scope.READ,
    Action.SEE_OUTBOX: Scope.READ,
    Action.FIGURES: Scope.READ,
    Action.SEE_PERSON: Scope.PERSON,
    Action.DISCLOSE: Scope.PERSON,
    Action.REVIEW: Scope.PERSON,
    Action.FIRE: Scope.ACT,
    Action.STEER: Scope.ACT,
    Action.ASSIGN: Scope.ACT,
    Action.MANAGE_ABSENCES: Scope.ACT,
    Action.OPEN: Scope.OPEN,
    Action.MANAGE_PEOPLE: Scope.RUN,
    Action.MANAGE_UNITS: Scope.RUN,
    Action.MANAGE_CHANNELS: Scope.RUN,
    Action.TEST_CHANNEL: Scope.RUN,
    Action.RESEND: Scope.RUN,
    Action.RUN: Scope.RUN,
}
# No token breaks the glass or makes tokens: both want a person who has just shown who she is.


class ScopeError(BevakaError):
    """A scope that does not exist, or none at all; or a life that is too long."""

    def __init__(self, field: str, allowed: str) -> None:
        self.field = field
        self.allowed = allowed
        super().__init__(f"{field}: allowed: {allowed}")


@dataclass(frozen=True, slots=True)
class TokenTerms:
    """What was agreed for a token. `expires_at` is a UTC instant."""

    scopes: frozenset[Scope]
    expires_at: datetime

    def is_good(self, now: datetime) -> bool:
        """Say whether it has not ended yet."""
        return now < self.expires_at

    def covers(self, action: Action) -> bool:
        """Say whether it may be used for an action. What no scope names, no token may."""
        return _SCOPES.get(action) in self.scopes


def new_token() -> str:
    """Return a random token of 256 bits."""
    return PREFIX + secrets.token_urlsafe(32)


def token_hash(token: str) -> str | None:
    """Return the hash a token is found by; None for what is no token of ours."""
    return hashlib.sha256(token.encode()).hexdigest() if _FORM.fullmatch(token) else None


def read_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """Return the scopes of these names; raises `ScopeError` for none, or one that does not exist."""
    wanted = frozenset(names)
    if not wanted or not wanted <= set(Scope):
        raise ScopeError("scope", ", ".join(Scope))
    return frozenset(map(Scope, wanted))


def written_scopes(scopes: Collection[Scope]) -> str:
    """Return scopes as they are stored and shown: in the order of `Scope`, by blanks."""
    return " ".join(scope for scope in Scope if scope in scopes)
