# SPDX-License-Identifier: Apache-2.0
"""Forgetting users at the size at which it matters: 500 of 5,000, to the byte."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from bandit.core import join
from bandit.core.caps import Caps
from bandit.core.catalogue import parse_placement
from bandit.core.decide import Chooser, Stage, decide
from bandit.core.erasure import erasure
from bandit.core.events import AnyEvent, Decided, PlacementPut, UserErased, UserForgotten
from bandit.core.features import Encoder
from bandit.core.fold import Fold
from bandit.core.snapshot import dump
from bandit.core.state import State, new_policy

AT = 1_780_000_000.0
USERS, GONE = 5_000, 500
POLICIES: dict[str, dict[str, Any]] = {
    "linucb, fading": {"kind": "linucb", "half_life_days": 30},
    "shared Thompson": {"kind": "thompson_shared", "draws": 8},
    "challenger": {"kind": "challenger", "challenger": {"kind": "beta_thompson"}},
}


def histories(placement: Any, make_ask: Any) -> Iterator[list[AnyEvent]]:
    """A decision of every user, with the rewards that came of it, over some days."""
    rng = np.random.default_rng(8)
    stage = Stage("home", placement, Encoder(placement.features, {}))
    chooser = Chooser(new_policy(placement), 1, 1, examination=(1.0, 0.5))
    asks = [
        make_ask(n, user=f"u-{n}", at=AT + 60.0 * n, known={"n": float(n % 7), "vip": n % 3 == 0})
        for n in range(USERS)
    ]
    for start in range(0, USERS, 500):
        for decided in decide(stage, chooser, asks[start : start + 500], Caps()):
            events: list[AnyEvent] = [decided]
            slots: dict[int, Any] = {}
            for n, slot in enumerate(rng.integers(2, size=rng.integers(3)).tolist()):
                value = float(rng.integers(-1024, 1025)) / 1024
                fields: dict[str, Any] = {"name": "", "reward_id": f"r{n}", "at": decided.at, "slot": slot}
                slots[slot] = join.reward(
                    decided, slots.get(slot), placement.reward, value=value, slots=dict(slots), **fields
                )
                events.append(slots[slot])
            yield events


def folded(events: list[tuple[int, AnyEvent]]) -> State:
    """What events add up to, where they stand and who was forgotten aside."""
    fold = Fold(State())
    fold.apply(events)
    return dataclasses.replace(fold.state, position=0, at=0.0, forgotten={})


@pytest.mark.parametrize("policy", POLICIES)
def test_forgetting_500_of_5000_users_is_never_having_seen_them(policy: str, make_ask: Any) -> None:
    """Policies, tallies, caps and the holdout's slots are, to the byte, those of the other 4,500 users."""
    placement = parse_placement(
        {
            "context": [], "slots": 2, "holdout": 0.2, "cascade": True, "policy": POLICIES[policy],
            "features": {"dimension": 6}, "reward": {"clip": [-1, 1]}, "examination": [1, 0.5],
            "arms": {"a": {"cap": {"per_user": 3, "window": "90d"}}, "b": {}, "c": {}},
        }
    )  # fmt: skip
    put = PlacementPut(at=AT, by="t", name="home", placement=placement)
    pages = list(histories(placement, make_ask))
    gone = set(np.random.default_rng(9).permutation(USERS)[:GONE].tolist())
    everything = [put, *(event for page in pages for event in page)]
    kept = [put, *(event for n, page in enumerate(pages) if n not in gone for event in page)]
    for n in gone:
        decided, *later = pages[n]
        assert isinstance(decided, Decided)
        everything.append(UserForgotten(at=AT, by="t", user=decided.user))
        part = [erasure(decided, later)]
        everything.append(
            UserErased(at=AT, by="t", user=decided.user, barrier=len(everything), erasures=part, last=True)
        )
    found = folded(list(enumerate(everything, start=1)))
    assert dump(found) == dump(folded(list(enumerate(kept, start=1))))
