# SPDX-License-Identifier: Apache-2.0
"""One JSON object a decision, with all that the log knows about it; docs/command-line.md lists the fields."""

from __future__ import annotations

from typing import Any

import orjson

from bandit.commands.exports.joined import JoinedDecision, SlotOutcome


def jsonl(joined: JoinedDecision) -> bytes:
    """Write a decision."""
    decided = joined.decided
    probabilities = joined.probabilities
    line = {
        "decision_id": decided.decision,
        "position": joined.position,
        "at": decided.at,
        "placement": decided.placement,
        "policy": decided.policy,
        "model": decided.model,
        "made_from": decided.made_from,
        "user": decided.user,
        "context": decided.context,
        "arms": decided.arms,
        "left_out": decided.left_out,
        "holdout": decided.holdout,
        "fallback": decided.fallback,
        "deferred": decided.deferred,
        "activated_at": joined.activated,
        "learns": decided.learns,
        "x": joined.vectors,
        "slots": [
            {
                "slot": slot,
                "arm": arm,
                "propensity": decided.propensities[slot],
                "score": decided.scores[slot],
                "probabilities": probabilities[slot],
                **_outcome(joined.outcomes[slot]),
            }
            for slot, arm in enumerate(decided.slots)
        ],
    }
    return orjson.dumps(line, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE)


def _outcome(outcome: SlotOutcome) -> dict[str, Any]:
    return {
        "reward": outcome.reward,
        "learned_reward": outcome.learned,
        "rewards": [
            {
                "position": position,
                "at": reward.at,
                "reward_id": reward.reward_id,
                "event": reward.name or None,
                "value": reward.value,
                "late": reward.late,
                "learned": reward.learned,
            }
            for position, reward in outcome.rewards
        ],
    }
