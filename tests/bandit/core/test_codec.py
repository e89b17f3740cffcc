# SPDX-License-Identifier: Apache-2.0
"""Events as bytes: every kind comes back equal, and what is no event is refused."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from bandit.core.catalogue import parse_arm, parse_placement
from bandit.core.codec import SCHEMA, decode, encode
from bandit.core.events import (
    Activated,
    AnyEvent,
    ArmDeleted,
    ArmPut,
    Contribution,
    Decided,
    Erasure,
    Expired,
    KeyCreated,
    KeyRevoked,
    PlacementDeleted,
    PlacementPut,
    Rewarded,
    SecretAdopted,
    SignalDropped,
    SignalPut,
    UserErased,
    UserForgotten,
)
from bandit.errors import Damaged

AT = 1_780_000_000.25
JOINED: dict[str, Any] = {
    "at": AT, "decision": "d", "placement": "home", "epoch": 3, "made_from": 9, "day": 20_601,
    "holdout": True, "learns": True,
}  # fmt: skip
PART = Contribution(1, "b", b"\0\4", 1.0, -0.5, 0.5, 1 / 3, note=0.125)
ERASURE = Erasure("home", 3, 9, 20_601, True, False, ["b"], ["b", "b"], [PART], [PART])
ARM = {
    "features": {"price": 89, "new": True},
    "payload": {"z": [1, 2.5, None], "a": "é"},
    "starts_at": "2026-11-01T01:00:00+01:00",
    "eligible": {"not": {"field": "x", "op": "in", "value": [1, "a", True]}},
    "cap": {"per_user": 3},
}
EVENTS: list[AnyEvent] = [
    Decided(
        at=AT, decision="d", placement="home", epoch=3, policy="linucb", made_from=9, user="u",
        context={"a": 1.5, "b": True, "c": "x"}, arms=("a", "b"), left_out={"c": "paused"}, x=b"\0\4",
        slots=["b"], propensities=[1 / 3], scores=[0.1], p=bytes(16), default=-0.5, counted=False, due=AT + 1,
        notes=(0.5,), examination=(0.75,), cascade=True, sources={"weather": "stale"},
    ),
    Rewarded(
        **JOINED, slot=1, arm="b", reward_id="=1:click", name="click", value=1.0, total=2.0, units=2048,
        rewards=2, late=True, learned=True, counted=True, r=0.5, contribution=PART,
        cascade=(PART,),
    ),
    Activated(**JOINED, slots=["a", "b"], user="u", contributions=[PART], due=AT + 60),
    Expired(**JOINED, contributions=[PART]),
    PlacementPut(at=AT, by="k", name="home", placement=parse_placement({"arms": {"b": ARM, "a": {}}})),
    PlacementDeleted(at=AT, by="k", name="home"),
    ArmPut(at=AT, by="k", placement="home", name="b", arm=parse_arm(ARM)),
    ArmDeleted(at=AT, by="k", placement="home", name="b"),
    KeyCreated(at=AT, by="k", id="i", name="shop", role="server", digest=b"\xff", placements=("home",)),
    UserForgotten(at=AT, by="k", user="u"),
    UserErased(at=AT, by="k", user="u", barrier=4, erasures=[ERASURE], last=True),
    KeyRevoked(at=AT, by="k", id="i"),
    SignalPut(at=AT, by="k", name="storm", topics={"Snow": 0.5}, until=AT + 60),
    SignalDropped(at=AT, by="k", name="storm"),
    SecretAdopted(at=AT, by="command line", fingerprint="ab" * 16),
]  # fmt: skip


def test_no_kind_is_forgotten() -> None:
    """The other tests of this file see every kind of event."""
    assert {type(event) for event in EVENTS} == set(get_args(AnyEvent))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_kind_comes_back_equal(event: AnyEvent) -> None:
    """An event is the same after a round trip, to the byte."""
    data = encode(event)
    assert decode(data) == event
    assert encode(decode(data)) == data


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_cut_short_is_damaged(event: AnyEvent) -> None:
    """No part of an event is taken for a whole one; the error names the position."""
    data = encode(event)
    for length in range(len(data)):
        with pytest.raises(Damaged) as caught:
            decode(data[:length], position=42)
        assert caught.value.position == 42


@pytest.mark.parametrize("schema", [0, SCHEMA + 1, 255])
def test_another_schema_is_refused(schema: int) -> None:
    """What a newer version wrote is refused clearly, instead of being half understood."""
    with pytest.raises(Damaged, match=f"got schema {schema}; allowed schema 1 to {SCHEMA}"):
        decode(bytes([schema]) + encode(EVENTS[0])[1:])


@pytest.mark.parametrize(
    "body",
    [
        msgspec.msgpack.encode({"kind": "unheard_of"}),
        msgspec.msgpack.encode({"kind": "key_revoked", "at": 1.0, "by": "k", "id": 7}),
        msgspec.msgpack.encode(
            {"kind": "arm_put", "at": 1.0, "by": "k", "placement": "p", "name": "a", "arm": {"boost": -1}}
        ),
        b"\x91" * 100_000,
        b"\xa1\xff",
    ],
)
def test_what_is_no_event_is_damaged(body: bytes) -> None:
    """An unknown kind, a wrong type, an arm that may not exist, endless nesting, text that is none."""
    with pytest.raises(Damaged, match="record 7: not an event"):
        decode(bytes([SCHEMA]) + body, position=7)


def test_fields_that_a_newer_version_added_are_passed_over() -> None:
    """Within a schema, events may grow fields."""
    plain = msgspec.to_builtins(EVENTS[-1])
    grown = bytes([SCHEMA]) + msgspec.msgpack.encode({**plain, "reason": "lost"})
    assert decode(grown) == EVENTS[-1]
