# SPDX-License-Identifier: Apache-2.0
"""What there is to say about a route."""

from __future__ import annotations

from typing import Any, NamedTuple

from bandit.core.catalogue import Role
from bandit.web.call import Handler


class Route(NamedTuple):
    """A route; no role may use it unless `roles` names it, and None means that no key is asked for.

    Args:
        body: type of the request's body, None when it has none.
        reply: type of the reply's body, None when it has none; status: the usual one.
        cors: whether pages of other sites may call it.
        core_checks: whether the body is passed on as plain data, because the core says best what is wrong.
        large: whether bodies may be as large as a catalogue.
        unlimited: whether a key that is limited to placements is refused.
        query: type of what follows the "?", None when it is not read.
        creates: whether it answers 201 when it made something new.
    """

    method: str
    path: str
    handler: Handler
    roles: frozenset[Role] | None
    body: Any
    reply: Any
    status: int = 200
    cors: bool = False
    core_checks: bool = False
    large: bool = False
    unlimited: bool = False
    query: Any = None
    creates: bool = False

    @property
    def fixed(self) -> bool:
        """Whether the path has no variable parts."""
        return "{" not in self.path

    @property
    def name(self) -> str:
        """As it stands in the program's log and in docs/http.md."""
        return f"{self.method} {self.path}"
