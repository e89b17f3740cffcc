# SPDX-License-Identifier: Apache-2.0
"""Forgetting users over HTTP."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest


@pytest.mark.parametrize("user", ["u-123", "ann@example.org", "a/b c", "Zoë", "%2F", "x" * 256])
async def test_a_user_is_forgotten_under_the_name_that_ranks_use(site: Any, user: str) -> None:
    """Any name that a rank takes can be forgotten; the audit has the wish, but not the name."""
    await site.rank(user=user)
    decision = await site.rank(user=user)
    reply = await site.ask("DELETE", f"/v1/users/{quote(user, safe='')}")
    assert (reply.status, reply.data) == (200, {"decisions": 2, "kept": {}})
    assert (await site.ask("GET", f"/v1/decisions/{decision['decision_id']}")).status == 404
    audit = (await site.ask("GET", "/v1/audit")).data["changes"]
    assert [change["kind"] for change in audit[-2:]] == ["user_forgotten", "user_erased"]
    assert user not in str(audit)


async def test_who_never_came_is_forgotten_as_well(site: Any) -> None:
    """A wish about an unknown user is kept, and nothing is taken away."""
    reply = await site.ask("DELETE", "/v1/users/nobody")
    assert (reply.status, reply.data) == (200, {"decisions": 0, "kept": {}})


async def test_a_name_that_no_rank_takes_is_refused(site: Any) -> None:
    """A user of more than 256 characters cannot exist."""
    reply = await site.refused("DELETE", f"/v1/users/{'x' * 257}")
    assert (reply.status, reply.error["field"]) == (400, "user")
