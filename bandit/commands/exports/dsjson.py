# SPDX-License-Identifier: Apache-2.0
"""Vowpal Wabbit's decision JSON: one slot as a contextual bandit (cb), several as a conditional one (ccb).

A placement of one slot gives cb lines, whose actions count from 1; any other gives ccb lines, which count
from 0. Costs are negated rewards. `_multi` holds the arms that were eligible, so numbers differ between
lines; an arm is known by its `_tag`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from bandit.commands.exports.joined import JoinedDecision


def dsjson(joined: JoinedDecision) -> bytes | None:
    """Write a decision; None when it showed nothing, or was deferred and nobody saw it."""
    if not joined.decided.slots or not joined.shown:
        return None
    line = _bandit(joined) if joined.placement.slots == 1 else _conditional(joined)
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _bandit(joined: JoinedDecision) -> dict[str, Any]:
    decided, outcome = joined.decided, joined.outcomes[0]
    order = _order(joined, 0)
    probabilities = joined.probabilities[0]
    cost = _cost(outcome.reward)
    return {
        "_label_cost": cost,
        "_label_probability": decided.propensities[0],
        "_label_Action": order[0] + 1,
        "_labelIndex": order[0],
        "o": _observations(joined, 0),
        **_head(joined),
        "a": [arm + 1 for arm in order],
        "c": _context(joined),
        "p": [float(probabilities[arm]) for arm in order],
        "VWState": {"m": decided.model},
        "_original_label_cost": cost,
    }


def _conditional(joined: JoinedDecision) -> dict[str, Any]:
    slots = range(len(joined.decided.slots))
    outcomes = []
    for slot in slots:
        order = _order(joined, slot)
        cost = _cost(joined.outcomes[slot].reward)
        outcomes.append(
            {
                "_label_cost": cost,
                "_id": str(slot),
                "_a": order,
                "_p": [float(joined.probabilities[slot][arm]) for arm in order],
                "_o": _observations(joined, slot, Index=str(slot)),
                "_original_label_cost": cost,
            }
        )
    return {
        **_head(joined),
        "c": {
            **_context(joined),
            "_slots": [{"_id": str(slot), "slot": {"at": str(slot)}} for slot in slots],
        },
        "_outcomes": outcomes,
        "VWState": {"m": joined.decided.model},
    }


def _head(joined: JoinedDecision) -> dict[str, Any]:
    at = datetime.fromtimestamp(joined.decided.at, UTC)
    # Seven digits, as the format's other writers do.
    return {
        "Timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}0Z",
        "Version": "1",
        "EventId": joined.decided.decision,
    }


def _order(joined: JoinedDecision, slot: int) -> list[int]:
    """The arms that could be drawn for a slot, by their place in `_multi`: the drawn one, then the others."""
    decided = joined.decided
    above = set(decided.slots[:slot])
    drawn = decided.slots[slot]
    others = [i for i, arm in enumerate(decided.arms) if arm not in above and arm != drawn]
    return [decided.arms.index(drawn), *others]


def _cost(reward: float) -> float:
    return 0.0 - reward


def _observations(joined: JoinedDecision, slot: int, **more: str) -> list[dict[str, Any]]:
    return [
        {"v": reward.value, "EventId": joined.decided.decision, **more, "ActionTaken": False}
        for _, reward in joined.outcomes[slot].rewards
    ]


def _context(joined: JoinedDecision) -> dict[str, Any]:
    """Shared features by namespace (what stands before the first dot), and the arms with theirs."""
    spaces: dict[str, dict[str, Any]] = {}
    for name, value in joined.decided.context.items():
        space, _, field = name.rpartition(".")
        # The format keeps names with an underscore in front to itself.
        spaces.setdefault(_plain(space or "context"), {})[_plain(field)] = value
    return {**spaces, "_multi": [_arm(joined, arm) for arm in joined.decided.arms]}


def _arm(joined: JoinedDecision, name: str) -> dict[str, Any]:
    known = joined.placement.arms.get(name)
    features: Mapping[str, Any] = known.features if known else {}
    own = {"arm": {_plain(field): value for field, value in features.items()}} if features else {}
    return {"_tag": name, "i": {"constant": 1, "id": name}, **own}


def _plain(name: str) -> str:
    return f"x{name}" if name.startswith("_") else name
