# SPDX-License-Identifier: Apache-2.0
"""No body, however strange, is answered with a fault of ours, and what is refused changes nothing."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["home", "coats", "mine", "click", 1e308, -0.0, 2**63, 10**30, "\x00", "\ud800", ""])
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def bodies(required: dict[str, Any], **good: Any) -> st.SearchStrategy[bytes]:
    """JSON objects near a good one: each field good, strange or missing, and perhaps a field too many."""
    fields = {name: st.just(value) | VALUES for name, value in required.items()}
    more = {name: st.just(value) | VALUES for name, value in good.items()}
    near = st.fixed_dictionaries(fields, optional={**more, "surprise": VALUES})
    return (near | VALUES).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60)


RANKS = bodies(
    {"placement": "home"},
    context={"page": {"section": "news"}, "device": {"user_agent": "x"}},
    user="u",
    slots=1,
    exclude=["coats"],
    arms=[{"id": "a", "features": {"f": 1}, "payload": {"x": 1}}],
    decision_id="mine",
    defer=True,
)
REWARDS = bodies({"decision_id": "mine"}, event="click", reward=0.5, slot=0, arm="coats", reward_id="r-1")
BATCHES = st.lists(st.one_of(REWARDS, VALUES.map(lambda value: json.dumps(value).encode())), max_size=4).map(
    lambda items: b'{"rewards":[' + b",".join(items) + b"]}"
)
CATALOGUES = bodies(
    {"slots": 2},
    policy={"kind": "thompson"},
    context=["device"],
    features={"dimension": 8},
    reward={"events": {"click": 1}, "clip": [0, 5]},
    floor=0.1,
    arms={"a": {"boost": 2, "eligible": {"field": "x", "op": "<", "value": 1}, "cap": {"per_user": 1}}},
)
# The site is shared by all examples of a test on purpose: what strange requests leave behind is part of it.
shared = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def survives(site: Any, method: str, path: str, body: bytes) -> None:
    """Send a body: it is answered well, or refused without any effect."""
    before = site.standing()
    reply = await site.ask(method, path, body)
    assert reply.status in (200, 201, 400, 404, 409), reply.data
    if reply.status >= 400:
        assert reply.error["code"]
        assert site.standing() == before


@shared
@given(body=RANKS)
async def test_ranks(site: Any, body: bytes) -> None:
    """Strange ranks."""
    await survives(site, "POST", "/v1/rank", body)


@shared
@given(body=REWARDS)
async def test_rewards(site: Any, body: bytes) -> None:
    """Strange rewards, for a decision that exists."""
    await site.rank(decision_id="mine")
    await survives(site, "POST", "/v1/reward", body)


@shared
@given(body=BATCHES)
async def test_batches(site: Any, body: bytes) -> None:
    """Strange rewards, many at once."""
    await site.rank(decision_id="mine")
    await survives(site, "POST", "/v1/rewards", body)


@shared
@given(body=CATALOGUES)
async def test_catalogues(site: Any, body: bytes) -> None:
    """Strange placements; whatever is accepted can be ranked."""
    await survives(site, "PUT", "/v1/placements/fuzzed", body)
    await survives(site, "POST", "/v1/rank", b'{"placement":"fuzzed","user":"u","context":{"x":1}}')
