# SPDX-License-Identifier: Apache-2.0
"""Every route: method, path, handler, who may, what it takes, what it gives."""

from __future__ import annotations

from typing import Any, NamedTuple

from bandit.core.catalogue import Role
from bandit.web import decisions, rewards
from bandit.web.auth import PUBLISHABLE, SERVER, TRACE
from bandit.web.call import Handler
from bandit.web.shapes import (
    ActivateReply,
    ActivateRequest,
    RankReply,
    RankRequest,
    RewardReply,
    RewardRequest,
    RewardsReply,
    RewardsRequest,
)


class Route(NamedTuple):
    """A route; no role may use it unless `roles` names it, and None means that no key is asked for.

    Args:
        body: type of the request's body, None when it has none.
        reply: type of the reply's body, None when it has none.
        cors: whether pages of other sites may call it.
        large: whether bodies may be as large as a catalogue.
    """

    method: str
    path: str
    handler: Handler
    roles: frozenset[Role] | None
    body: Any
    reply: Any
    status: int = 200
    cors: bool = False
    large: bool = False


ROUTES = (
    Route("POST", "/v1/rank", decisions.rank, PUBLISHABLE, RankRequest, RankReply, cors=True),
    Route("POST", "/v1/reward", rewards.reward, PUBLISHABLE, RewardRequest, RewardReply, cors=True),
    Route("POST", "/v1/activate", decisions.activate, PUBLISHABLE, ActivateRequest, ActivateReply, cors=True),
    Route("POST", "/v1/rewards", rewards.rewards, SERVER, RewardsRequest, RewardsReply, large=True),
    Route("GET", "/v1/decisions/{decision}", decisions.trace, TRACE, None, dict[str, Any]),
)
