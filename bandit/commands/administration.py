# SPDX-License-Identifier: Apache-2.0
"""What commands change, whichever way: through a running server, or in a data directory that none uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from bandit.commands.visitor import Visitor
from bandit.core.catalogue import Catalogue, Role
from bandit.service.explaining import ContextReport
from bandit.service.quality import PlacementQuality


class KeyInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it is listed; `created_at` in Unix seconds, no placements means all of them."""

    id: str
    name: str
    role: Role
    created_at: float
    placements: tuple[str, ...] = ()


class Administration(Protocol):
    """What both ways can do."""

    async def placements(self) -> Catalogue:
        """The catalogue as it is."""
        ...

    async def put(self, catalogue: Catalogue, *, forget: bool) -> None:
        """Create or replace these placements; `forget` says whether that may forget what was learned."""
        ...

    async def keys(self) -> list[KeyInfo]:
        """All keys that are not revoked."""
        ...

    async def create_key(self, role: Role, *, name: str, placements: Sequence[str]) -> tuple[KeyInfo, str]:
        """Make a key; returns what is kept of it, and the key itself."""
        ...

    async def revoke_key(self, key_id: str) -> None:
        """Revoke a key."""
        ...

    async def context(self, placement: str, visitor: Visitor) -> ContextReport:
        """What would be known about a visitor."""
        ...

    async def quality(self, placement: str) -> PlacementQuality:
        """How good the context of a placement was lately."""
        ...
