# SPDX-License-Identifier: Apache-2.0
"""Who is asking, and whether that role may: a table of route by role, where what is not named is refused."""

from __future__ import annotations

from typing import NamedTuple

from multidict import CIMultiDictProxy

from bandit.core.catalogue import Role
from bandit.core.state import Key
from bandit.errors import Forbidden, Unauthorized
from bandit.service import Service
from bandit.service.rewarding import Scope

PUBLISHABLE: frozenset[Role] = frozenset({"publishable", "server", "admin"})
SERVER: frozenset[Role] = frozenset({"server", "admin"})
TRACE: frozenset[Role] = frozenset({"server", "viewer", "marketer", "admin"})
VIEWER: frozenset[Role] = frozenset({"viewer", "marketer", "admin"})
MARKETER: frozenset[Role] = frozenset({"marketer", "admin"})
ADMIN: frozenset[Role] = frozenset({"admin"})

_REMEMBERED = 4_096


class Caller(NamedTuple):
    """Who is asking.

    Args:
        id: of the key, "open" when keys are not asked for, "" before it is known.
        role: what it may do; scope: the placements it may touch, empty for all.
    """

    id: str
    role: Role
    scope: Scope = frozenset()

    def sees(self, placement: str) -> bool:
        """Whether a placement is within the scope; to the caller, one that is not does not exist."""
        return not self.scope or placement in self.scope


OPEN = Caller("open", "admin")


class Authenticator:
    """Turns the headers of a request into its caller."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._keys = service.live.state.keys
        self._required = service.settings.authenticate
        # Only keys that were verified are remembered, so guessing fills nothing.
        self._known: dict[str, tuple[Key, Caller]] = {}

    def caller(self, headers: CIMultiDictProxy[str]) -> Caller:
        """The caller that the headers name.

        Raises:
            Unauthorized: no key, or one that is not valid (any more).
        """
        if not self._required:
            return OPEN
        sent = headers.get("Authorization") or headers.get("X-API-Key")
        if sent is None:
            raise Unauthorized(
                "key: got none; allowed 'Authorization: Bearer KEY' or 'X-API-Key: KEY'", code="key_missing"
            )
        if known := self._known.get(sent):
            key, caller = known
            # A revoked key is gone from the state, whatever is remembered of it here.
            if self._keys.get(key.id) is key:
                return caller
            del self._known[sent]
        return self._verified(sent, bearer="Authorization" in headers)

    def _verified(self, sent: str, *, bearer: bool) -> Caller:
        secret = sent
        if bearer:
            scheme, _, secret = sent.partition(" ")
            if scheme.lower() != "bearer":
                raise Unauthorized("key: got another scheme; allowed Bearer", code="key_invalid")
        key = self._service.authenticate(secret.strip())
        caller = Caller(key.id, key.role, frozenset(key.placements))
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[sent] = key, caller
        return caller


def check_role(caller: Caller, roles: frozenset[Role]) -> None:
    """Raise Forbidden unless the caller's role is one of `roles`."""
    if caller.role not in roles:
        raise Forbidden(f"role: got {caller.role}; allowed {', '.join(sorted(roles))}")


def check_unlimited(caller: Caller) -> None:
    """Raise Forbidden when the key is limited to placements: what is asked for concerns all of them."""
    if caller.scope:
        raise Forbidden("key: got one that is limited to placements; allowed one that is not")
